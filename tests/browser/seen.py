"""What a page in the browser gives away: refusals of its content policy, hurdles, words left in Chinese."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path("frontend/node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LISTEN = """
window.refused = [];
document.addEventListener('securitypolicyviolation', e => {
  window.refused.push(`${e.effectiveDirective} ${e.blockedURI}`);
});
"""
#: what a page itself says, as against the names of things people made
OWN_WORDS = (
    "nav.rail a, button, th, label, legend, caption, dt, h2, h3, .kpi .l, .tabs a, .steps li, .stages b,"
    " bihuan-diagram text, .tag, .lab, .hint"
)


def refused(page: Page) -> list[str]:
    """What the content policy of this page refused so far."""
    found: list[str] = page.evaluate("() => window.refused")
    return found


def hurdles(page: Page) -> list[str]:
    """What axe finds wrong: rule and first element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [f"{found['id']}: {found['nodes'][0]['html'][:160]}" for found in result["violations"]]


def chinese(page: Page) -> list[str]:
    """Words of the page itself that an English reader would find in Chinese."""
    found: list[str] = page.evaluate(
        """words => [...document.querySelectorAll(words)]
            .filter(each => !each.closest('[lang=zh-CN]:not(html)') && each.getClientRects().length)
            .map(each => each.textContent.trim()).filter(text => /[\\u4e00-\\u9fff]/.test(text))""",
        OWN_WORDS,
    )
    return found
