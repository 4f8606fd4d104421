/**
 * Code with which a function tries to reach this machine, private networks, metadata services and siblings'
 * sockets.
 */
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";

/** Names that resolve to loopback on this machine without DNS. */
const LOCAL_NAMES = readFileSync("/etc/hosts", "utf8")
	.split("\n")
	.filter((line) => /^(127\.|::1\s)/.test(line))
	.flatMap((line) => line.replace(/#.*/, "").trim().split(/\s+/).slice(1));

const OWN_ADDRESSES = Object.values(networkInterfaces()).flatMap((list) =>
	(list ?? [])
		.filter(({ scopeid }) => !scopeid)
		.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address)),
);

/** This machine in every spelling. */
export const HERE = [
	...[
		"127.0.0.1",
		"127.1",
		"127.0.1",
		"127.8.8.8",
		"2130706433",
		"0x7f000001",
		"0x7f.1",
		"0177.0.0.1",
		"017700000001",
	],
	...["localhost", "LOCALHOST", "0", "0.0.0.0", "0x0", "00"],
	...["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0.0.0.0]"],
	...["127。0。0。1", "①②⑦.0.0.1", "%31%32%37.0.0.1"],
	...new Set([hostname(), ...LOCAL_NAMES, ...OWN_ADDRESSES]),
];

/** Addresses without a server here. They must be refused by the isolation nevertheless. */
export const ELSEWHERE = [
	...[
		"169.254.169.254",
		"2852039166",
		"0xa9fea9fe",
		"0xa9.0xfe.0xa9.0xfe",
		"0251.0376.0251.0376",
		"169.254.43518",
	],
	...["[::ffff:a9fe:a9fe]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fd20:ce::254]", "169.254.170.2"],
	...[
		"10.0.0.1",
		"10.255.255.255",
		"172.16.0.1",
		"172.31.255.254",
		"192.168.1.1",
		"100.64.0.1",
		"100.100.100.200",
	],
	...["[::ffff:10.0.0.1]", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"],
];

/** Every API for connections that has its own permission check in Deno. */
const CONNECTION_ATTEMPTS: Record<string, (host: string) => string> = {
	fetch: (host) => `return fetch("http://${host}:$PORT/").then((response) => response.text())`,
	"node:http": (host) =>
		`const http = await import("node:http"); return new Promise((ok, no) => http.get("http://${host}:$PORT/", (response) => ok(response.statusCode)).on("error", no))`,
};
const RAW_WAYS: Record<string, (host: string) => string> = {
	"Deno.connect": (host) => `return Deno.connect({ hostname: "${host}", port: $PORT })`,
	"node:net": (host) =>
		`const net = await import("node:net"); return new Promise((ok, no) => net.connect($PORT, "${host}").on("connect", ok).on("error", no))`,
};
/** Only URLs decode these. */
const isRaw = (host: string) => !/[%。①]/.test(host);

/** Code for every way to a host. */
export function waysTo(host: string): string[] {
	const raw = host.replace(/^\[|\]$/g, "");
	return [
		...Object.values(CONNECTION_ATTEMPTS).map((way) => way(host)),
		...(isRaw(host) ? Object.values(RAW_WAYS).map((way) => way(raw)) : []),
	];
}

const PROXY = (proxy: string) =>
	`return fetch("http://public.example/", { client: Deno.createHttpClient({ proxy: ${proxy} }) }).then((r) => r.text())`;
const VARIABLE = (name: string) =>
	`Deno.env.set("${name}", "http://127.0.0.1:$PORT"); try { return await fetch("http://public.example/", { client: Deno.createHttpClient({}) }).then((r) => r.text()); } finally { Deno.env.delete("${name}"); }`;

/** Other ways to this machine. */
export const INTERFACES: Record<string, string> = {
	WebSocket: `return new Promise((ok, no) => { const socket = new WebSocket("ws://127.0.0.1:$PORT/"); socket.onopen = ok; socket.onerror = (e) => /ECONN|refused by peer|status code/i.test(e.message) ? ok(e.message) : no(e.error ?? new Error(e.message)); })`,
	WebSocketStream: `const { connectTls } = Deno; return connectTls({ hostname: "127.0.0.1", port: $PORT, unsafelyDisableHostnameVerification: false }).then((c) => c.handshake()).catch((e) => { if (e.name === "NotCapable") throw e; return "tried: " + e.name; })`,
	EventSource: `return new Promise((ok, no) => { const source = new EventSource("http://127.0.0.1:$PORT/events"); source.onmessage = (e) => { source.close(); ok(e.data); }; source.onerror = (e) => { source.close(); no(e.error ?? new Error("Permission or network: " + e.message)); }; })`,
	"a name server of its own": `return Deno.resolveDns("a.example", "A", { nameServer: { ipAddr: "127.0.0.1", port: $UDP } }).catch((e) => { if (e.name === "NotCapable") throw e; return "asked: " + e.name; })`,
	"a datagram": `const dgram = await import("node:dgram"); return new Promise((ok, no) => { const socket = dgram.createSocket("udp4"); socket.on("error", no); socket.send("x", $UDP, "127.0.0.1", (error) => { if (error) no(error); else { socket.close(); ok("sent"); } }); })`,
	"a proxy": PROXY(`{ url: "http://127.0.0.1:$PORT" }`),
	"a proxy by name": PROXY(`{ url: "http://localhost:$PORT" }`),
	"a TCP proxy": PROXY(`{ transport: "tcp", hostname: "127.0.0.1", port: $PORT }`),
	"a Unix proxy": PROXY(`{ transport: "unix", path: "$SOCKET" }`),
	"a proxy out of the environment": VARIABLE("HTTP_PROXY"),
	"a proxy for everything": VARIABLE("ALL_PROXY"),
	"a sibling's socket": `return Deno.connect({ transport: "unix", path: "$SOCKET" })`,
	"a sibling's socket by node:net": `const net = await import("node:net"); return new Promise((ok, no) => net.connect("$SOCKET").on("connect", ok).on("error", no))`,
	"a sibling's socket by node:http": `const http = await import("node:http"); return new Promise((ok, no) => http.get({ socketPath: "$SOCKET", path: "/" }, (r) => ok(r.statusCode)).on("error", no))`,
	"a listener by node:net": `const net = await import("node:net"); return new Promise((ok, no) => { const server = net.createServer().on("error", no).listen(0, "0.0.0.0", () => { server.close(); ok("listening"); }); })`,
	"a listener on IPv6": `const net = await import("node:net"); return new Promise((ok, no) => { const server = net.createServer().on("error", no).listen(0, "::", () => { server.close(); ok("listening"); }); })`,
	"a listener by node:http": `const http = await import("node:http"); return new Promise((ok, no) => { const server = http.createServer().on("error", no).listen(0, () => { server.close(); ok("listening"); }); })`,
	"a listener for datagrams": `const dgram = await import("node:dgram"); return new Promise((ok, no) => { const socket = dgram.createSocket("udp4").on("error", no).bind(0, () => { socket.close(); ok("bound"); }); })`,
	"a Unix listener": `const net = await import("node:net"); return new Promise((ok, no) => { const server = net.createServer().on("error", no).listen("$DIRECTORY/probe-socket", () => { server.close(); ok("listening"); }); })`,
	"a listener in a worker, where Deno.serve is Deno's own": `
		const source = "try { const l = Deno.listen({ port: 0, hostname: '0.0.0.0' }); l.close(); postMessage('listening'); } catch (e) { postMessage(e.name); }";
		const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
		return new Promise((ok, no) => { worker.onmessage = ({ data }) => { worker.terminate(); data === "listening" ? ok(data) : no(new Error(data)); }; worker.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); }; });`,
};
