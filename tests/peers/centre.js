// An SMS centre on npm `smpp`, the independent server our own session is tried against.
//
// node centre.js [--name=value ...]; the first line on stdout is {"port": n}. On stdin:
//   counts        prints what was counted, as one line of JSON
//   reply N TEXT  delivers TEXT from number N
//   drop          breaks all connections;  unbind  takes leave of all;  quit, or the end of stdin, ends
// Options, all off by default:
//   receipts=after|before|twice   a receipt for every message that wants one; before: before the answer
//   rate=R burst=B                takes R messages a second, B at once, and throttles the others
//   drop=N                        breaks the connection instead of answering every Nth message it takes
//   refuse=STATUS                 answers every bind with this status;  password=P  refuses every other one
//   silent=1                      does not answer enquire_link
//   reverse=N                     answers N messages at a time, the last one first
//   enquire=MS                    asks whether we are there
//   track=1                       counts messages that came more than once
'use strict';
const readline = require('node:readline');
const smpp = require('smpp');

const options = Object.fromEntries(process.argv.slice(2).map((word) => word.replace(/^--/, '').split('=')));
const number = (name) => Number(options[name] || 0);
const receipts = options.receipts || '';
const rate = number('rate');
const burst = number('burst') || rate;
const drop = number('drop');
const refuse = number('refuse');
const reverse = number('reverse');
const counts = {
  binds: 0, accepted: 0, throttled: 0, twice: 0, enquired: 0, answered: 0, delivered: 0, put_off: 0,
};
const seen = new Set();
const sessions = new Set();
let tokens = burst;
let filled = performance.now();

function isAllowed() {
  if (!rate) return true;
  const now = performance.now();
  tokens = Math.min(burst, tokens + ((now - filled) * rate) / 1000);
  filled = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

function remember(pdu) {
  const { message, udh } = pdu.short_message;
  const key = `${pdu.destination_addr} ${message} ${udh ? Buffer.concat([].concat(udh)).toString('hex') : ''}`;
  if (seen.has(key)) counts.twice += 1;
  seen.add(key);
}

function deliver(session, fields) {
  session.deliver_sm(fields, (answer) => {
    if (answer.command_status) counts.put_off += 1;
    else counts.delivered += 1;
  });
}

function receipt(session, pdu, id) {
  deliver(session, {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message:
      `id:${id} sub:001 dlvrd:001 submit date:2603021200 done date:2603021201 stat:DELIVRD err:000 text:`,
  });
}

function answerLater(session, held) {
  if (held.length < reverse) return;
  for (const each of held.splice(0).reverse()) session.send(each);
}

function take(session, held, pdu) {
  if (!isAllowed()) {
    counts.throttled += 1;
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  counts.accepted += 1;
  const id = `m${counts.accepted}`;
  if (options.track) remember(pdu);
  if (drop && counts.accepted % drop === 0) {
    session.destroy();
    return;
  }
  const wanted = receipts && pdu.registered_delivery;
  if (wanted && receipts === 'before') receipt(session, pdu, id);
  const answer = pdu.response({ message_id: id });
  if (reverse) {
    held.push(answer);
    answerLater(session, held);
  } else session.send(answer);
  if (wanted && receipts !== 'before') receipt(session, pdu, id);
  if (wanted && receipts === 'twice') receipt(session, pdu, id);
}

function bind(session, pdu) {
  counts.binds += 1;
  let status = refuse;
  if (!status && options.password && pdu.password !== options.password) status = smpp.ESME_RINVPASWD;
  session.send(pdu.response({ system_id: 'centre', command_status: status }));
  if (!status && number('enquire')) {
    const asking = setInterval(() => session.enquire_link(() => { counts.answered += 1; }), number('enquire'));
    session.on('close', () => clearInterval(asking));
  }
}

const server = smpp.createServer((session) => {
  const held = [];
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
  session.on('error', () => session.destroy());
  for (const name of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(name, (pdu) => bind(session, pdu));
  }
  session.on('submit_sm', (pdu) => take(session, held, pdu));
  session.on('enquire_link', (pdu) => {
    counts.enquired += 1;
    if (!options.silent) session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
});

const commands = {
  counts: () => console.log(JSON.stringify({ ...counts, different: seen.size, sessions: sessions.size })),
  reply: (from, ...words) => {
    for (const session of sessions) {
      deliver(session, { source_addr: from, destination_addr: '10086', short_message: words.join(' ') });
    }
  },
  drop: () => { for (const session of sessions) session.destroy(); },
  unbind: () => { for (const session of sessions) session.unbind(); },
  quit: () => process.exit(0),
};

server.listen(number('port'), '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, ...words] = line.split(' ');
    commands[name](...words);
  })
  .on('close', () => process.exit(0));
