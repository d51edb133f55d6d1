-- One row and more in every table that revision 0002 touches or reads, as an installation of revision 0001 has them.
INSERT INTO office (id, code, level, name, name_en) VALUES (1, '00', 'province', '省公司', 'Province');
INSERT INTO staff (id, login, name, name_en, title, password_hash, office_id, is_active, failed_sign_ins)
  VALUES (1, 'zhoulan', '周岚', 'Zhou Lan', '', '-', 1, TRUE, 0);
INSERT INTO process_version (id, key, number, digest, name, name_en, sources, specification, decisions, published_at, published_by)
  VALUES (1, 'loop', 1, 'd', '营销闭环', 'Loop', '', '', '{}', '2026-03-01 00:00:00.000000+00', 'system');
INSERT INTO process (id, version_id, subject_type, subject_id, state, revision, started_at, started_by)
  VALUES (1, 1, 'campaign', 1, 'running', 7, '2026-03-01 01:00:00.000000+00', 'zhoulan');
INSERT INTO campaign (id, number, name, office_id, planner_id, campaign_type, purpose, reason, hold_out_basis_points,
    budget_fen, target_basis_points, response_days, process_id, submissions, created_at)
  VALUES (1, 'HD-00-2026-001', '彩铃潜在用户推荐', 1, 1, 'precision', 'acquire', '因为', 1000, 250000, 1200, 10, 1, 1,
    '2026-03-01 01:00:00.000000+00');
INSERT INTO campaign_channel (id, campaign_id, channel, position, content, hours)
  VALUES (1, 1, 'sms', 0, '【东屿移动】首月免费，拒收请回复TD', '09:00-20:00');
INSERT INTO work_order (id, number, campaign_id, submission, channel, planned_on, planned_at, people, suppressed, state, file, file_digest, handed_over_at)
  VALUES (1, 'RW-00-2026-0001', 1, 1, 'sms', '2026-03-05', '2026-03-05 01:00:00.000000+00', 3, '{"over_frequency": {"treated": 1}}', 'dispatched', 'a.age', 'f', '2026-03-05 01:00:01.000000+00'),
         (2, 'RW-00-2026-0002', 1, 1, 'call', '2026-03-06', '2026-03-06 01:00:00.000000+00', 1, '{}', 'to_dispatch', '', '', NULL);
INSERT INTO contact (id, campaign_id, work_order_id, sid, channel, message_id, units, state, cause, outcome, reason, contacted_at, settled_at)
  VALUES (1, 1, 1, 11, 'sms', 'RW-1-1', 1, 'delivered', '', 'success', '', '2026-03-05 01:00:01.000000+00', '2026-03-06 01:00:00.000000+00'),
         (2, 1, 1, 12, 'sms', 'RW-1-2', 1, 'handed_over', '', '', '', '2026-03-04 17:00:00.000000+00', NULL),
         (3, 1, 1, 13, 'sms', 'RW-1-3', 1, 'suppressed', 'over_frequency', '', '', NULL, NULL),
         (4, 1, 2, 11, 'call', 'RW-2-1', 1, 'planned', '', '', '', NULL, NULL);
INSERT INTO feedback (id, feed, key, message_id, token, sid, product, channel, body, occurred_at, received_at, repeats, state, campaign_id)
  VALUES (1, 'receipt', 'R-1', 'RW-1-1', 't', 11, '', 'sms', '{"status": "DELIVRD"}', '2026-03-05 01:01:00.000000+00', '2026-03-05 01:02:00.000000+00', 2, 'matched', 1);
INSERT INTO feedback_file (id, feed, name, digest, day, promised, accepted, repeated, refused, received_at)
  VALUES (1, 'order', 'orders-20260305-1.csv', 'e', '2026-03-05', 5, 4, 1, '[{"line": 3, "message": "x", "fields": {}}]', '2026-03-05 02:00:00.000000+00');
INSERT INTO job (id, process_id, key, element, operation, arguments, state, attempts, due_at, leased_until, fence, result, created_at, ended_at)
  VALUES (1, 1, 'k1', 'hand_over', 'dispatch.hand_over', '{"work_order_id": 1}', 'done', 1, '2026-03-05 01:00:00.000000+00', NULL, 1, '{"handed_over": 3}', '2026-03-05 01:00:00.000000+00', '2026-03-05 01:00:02.000000+00'),
         (2, 1, 'k2', 'hand_over', 'dispatch.hand_over', '{"work_order_id": 2}', 'failed', 3, '2026-03-06 01:00:00.000000+00', NULL, 3, NULL, '2026-03-06 01:00:00.000000+00', NULL),
         (3, 1, 'k3', 'match_orders', 'feedback.match_orders', '{"campaign_id": 1}', 'running', 1, '2026-03-06 01:00:00.000000+00', '2026-03-06 01:30:00.000000+00', 1, NULL, '2026-03-06 01:00:00.000000+00', NULL);
INSERT INTO incident (id, process_id, job_id, element, message, fields, state, created_at)
  VALUES (1, 1, 2, 'hand_over', 'There is no key for %(channel)s.', '{"channel": "call"}', 'open', '2026-03-06 01:05:00.000000+00');
