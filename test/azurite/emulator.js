// Starts the storage emulator's three services on free ports of the loopback,
// over http and over https, all in memory. The first line of stdin
// says with which accounts and certificate; the ports go to stdout. Each further
// line replaces the accounts and is answered once all services know them. When
// stdin ends, so does the process: it never outlives who started it.
"use strict";
const https = require("https");
const net = require("net");
const readline = require("readline");

const src = "azurite/dist/src/";
const load = (name) => require(src + name).default;
const Accounts = load("common/AccountDataStore");
const { AzuriteTelemetryClient } = require(src + "common/Telemetry");
const { setExtentMemoryLimit } = require(src + "common/ConfigurationBase");

const stores = [];
const init = Accounts.prototype.init;
Accounts.prototype.init = function () {
  stores.push(this);
  return init.call(this);
};

const host = "127.0.0.1";
const quiet = [false, undefined]; // access log and its stream
const debug = [false, undefined];
const rest = [true, true, "", "", "", "basic", false, true]; // loose, any API version, no certificate, OAuth, in memory

// abreast returns the first of three free ports in a row, as the emulator's own
// are: those who know where one service is find the others. It tries from wanted
// first, if there is such a port.
async function abreast(wanted) {
  const listen = (port) => new Promise((ok) => {
    const s = net.createServer();
    s.once("error", () => ok(null));
    s.listen(port, host, () => ok(s));
  });
  for (let port = wanted || 0; ; port = 0) {
    const held = [await listen(port)];
    if (!held[0]) continue;
    const first = held[0].address().port;
    held.push(await listen(first + 1), await listen(first + 2));
    await Promise.all(held.filter(Boolean).map((s) => new Promise((ok) => s.close(ok))));
    if (held.every(Boolean)) return first;
  }
}

function accounts(list) {
  process.env.AZURITE_ACCOUNTS = list;
  stores.forEach((s) => s.refresh());
}

async function start(first) {
  process.stdin.resume();
  accounts(first.accounts);
  AzuriteTelemetryClient.init(".", false, undefined);
  setExtentMemoryLimit({ inMemoryPersistence: () => true, extentMemoryLimit: () => 2048 }, false);
  const port0 = await abreast(first.port);
  const blob = new (load("blob/BlobServer"))(
    new (load("blob/BlobConfiguration"))(host, port0, 0, "b.json", "be.json", [], ...quiet, ...debug, ...rest));
  const queue = new (load("queue/QueueServer"))(
    new (load("queue/QueueConfiguration"))(host, port0 + 1, 0, "q.json", "qe.json", [], ...quiet, ...debug, ...rest));
  const table = new (load("table/TableServer"))(
    new (load("table/TableConfiguration"))(host, port0 + 2, 0, "t.json", debug[0], ...quiet, debug[1], ...rest));
  await Promise.all([blob.start(), queue.start(), table.start()]);
  const safe = await abreast(0);
  const secure = [blob, queue, table].map((s, i) => new Promise((ok, no) => {
    const safely = https.createServer({ cert: first.cert, key: first.key }, s.httpServer.listeners("request")[0]);
    safely.once("error", no).listen(safe + i, host, ok);
  }));
  await Promise.all(secure);
  const port = (s) => s.httpServer.address().port;
  return { blob: port(blob), queue: port(queue), table: port(table), secure: safe, "secure queue": safe + 1, "secure table": safe + 2 };
}

const answer = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const lines = readline.createInterface({ input: process.stdin });
let started = false;
lines.on("line", (line) => {
  const said = JSON.parse(line);
  if (started) {
    accounts(said.accounts);
    answer({});
    return;
  }
  started = true;
  start(said).then(answer, (err) => {
    process.stderr.write(`start the emulator: ${err.stack}\n`);
    process.exit(1);
  });
});
lines.on("close", () => process.exit(0));
process.on("SIGINT", () => {}); // an interrupt of the tests ends stdin, and so us
