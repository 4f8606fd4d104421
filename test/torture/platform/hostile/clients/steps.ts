/** The steps that run against the subject while it throws. Together they pass every fault point. */
import { CLOSE, CLOSE_FRAME, converse, type Exchange, FRAME, RawClient, request, UPGRADE } from "./client.ts";
import { ODD, SOUND } from "./raw-function.ts";
import { SECURE_STEPS } from "./secure-steps.ts";
import type { Ready } from "./subject.program.ts";

type Port = "gateway" | "control" | "raw";

/** @returns the results of its connections */
export type Step = (ready: Ready) => Promise<Exchange[]>;

const one = (port: Port, bytes: string) => async (ready: Ready) => [await converse(ready[port], bytes)];
const echo = (path: string, lines: readonly string[] = [CLOSE]) => request(`/shop/echo${path}`, lines);
const odd = (kind: string, lines: readonly string[] = [CLOSE]) =>
	request(`/shop/raw/${encodeURIComponent(kind)}?tag=t`, lines);
const post = (path: string, lines: readonly string[], body: string) =>
	request(`/shop/${path}`, [...lines, CLOSE], body, "POST");
const api = ({ token }: Ready, path: string) => request(path, [`Authorization: Bearer ${token}`, CLOSE]);

/** Sends JSON to the control API. */
function send({ control: port, token }: Ready, path: string, body: string): Promise<Exchange> {
	const lines = [`Authorization: Bearer ${token}`, "Content-Type: application/json", CLOSE];
	return converse(port, request(path, [...lines, `Content-Length: ${body.length}`], body, "POST"));
}

/** Disconnects in the middle of a response. */
function leaving(port: Port, bytes: (ready: Ready) => string, seen: string): Step {
	return async (ready) => {
		using client = new RawClient(ready[port]);
		return [await client.write(bytes(ready)).until((text) => text.includes(seen))];
	};
}

const gateway: Record<string, Step> = {
	"two requests on a connection": one("gateway", echo("/?tag=a", []) + echo("/?tag=b")),
	"a body that is sent back": one("gateway", post("echo/body", ["Content-Length: 5"], "hello")),
	"a body in chunks": one(
		"gateway",
		post("echo/body", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"),
	),
	"a body that is too large": one("raw", post("raw/plain", ["Content-Length: 9999999"], "x".repeat(100_000))),
	"a body that gets too large": one(
		"raw",
		post("raw/silence", ["Transfer-Encoding: chunked"], `200000\r\n${"x".repeat(0x200000)}\r\n0\r\n\r\n`),
	),
	"a body that breaks off": async ({ gateway: port }) => {
		using client = new RawClient(port);
		client.write(post("echo/body", ["Content-Length: 99"], "he")).socket.end();
		return [await client.until()];
	},
	"a request that waits to go on": async ({ gateway: port }) => {
		using client = new RawClient(port);
		const head = post("echo/body", ["Content-Length: 5", "Expect: 100-continue"], "");
		await client.write(head).until((text) => text.includes("100 Continue"));
		return [await client.write("hello").until()];
	},
	"an expectation that is not met": one("gateway", echo("/?tag=a", ["Expect: more", CLOSE])),
	"a large response that is read": one("gateway", echo("/large?tag=a")),
	"a stream that is read": one("gateway", echo("/stream")),
	"a stream that is left": leaving("gateway", () => echo("/stream"), "200 OK"),
	"a response for which no client waits": async ({ raw }) => {
		using client = new RawClient(raw);
		client.write(odd("silence"));
		return [await converse(raw, odd("slow"))];
	},
	"pipelined requests": one(
		"gateway",
		echo("/slow?tag=a", []) + echo("/?tag=b", []).repeat(50) + echo("/?tag=c"),
	),
	"nothing of that name": one("gateway", request("/shop/nobody", [CLOSE])),
	"no path": one("gateway", request("/shop/../echo", [CLOSE])),
	"no request": one("gateway", "hello\r\n\r\n"),
	"no request behind one": one("gateway", `${echo("/slow?tag=a", [])}hello\r\n\r\n`),
	"a request that is malformed": one("gateway", request("/shop/echo", ["Host: another", CLOSE])),
	"chunks that are none": one("gateway", post("echo/body", ["Transfer-Encoding: chunked"], "zz\r\n")),
	"a reset": async ({ gateway: port }) => {
		const client = new RawClient(port);
		const seen = await client.write(echo("/stream")).until((text) => text.includes("200 OK"));
		client.socket.resetAndDestroy();
		return [seen];
	},
};

const answers: Record<string, Step> = Object.fromEntries(
	[...Object.keys(SOUND), ...Object.keys(ODD)].map((kind) => [`an answer: ${kind}`, one("raw", odd(kind))]),
);

/** One request for each way in which reading a response to an upgrade can fail. */
const UPGRADE_ANSWERS = [
	"plain",
	"status 099",
	"101 to another protocol",
	"endless early hints",
	"nothing",
	"silence",
];

const upgrades: Record<string, Step> = {
	...Object.fromEntries(
		UPGRADE_ANSWERS.map((kind) => [`an upgrade: ${kind}`, one("raw", odd(kind, UPGRADE))]),
	),
	"an upgrade that is taken": async ({ gateway: port }) => {
		using client = new RawClient(port);
		const upgrade = request("/shop/echo/ws", UPGRADE);
		await client.write(upgrade).until((text) => text.includes("101 "));
		await client.write(FRAME).until((text) => text.endsWith("hi"));
		return [await client.write(CLOSE_FRAME).until()];
	},
	"an upgrade with bytes behind it": async ({ raw }) => {
		using client = new RawClient(raw);
		const upgrade = request("/shop/raw/switch", UPGRADE);
		return [await client.write(`${upgrade}behind`).until((text) => text.endsWith("behind"))];
	},
	"an upgrade that is declined": one("gateway", request("/shop/echo/", UPGRADE)),
	"an upgrade to a missing function": one("gateway", request("/shop/nobody", UPGRADE)),
	"an upgrade with a body": one("gateway", request("/shop/echo/ws", [...UPGRADE, "Content-Length: 2"], "hi")),
	"an upgrade behind a request": one("gateway", echo("/large?tag=a", []) + request("/shop/echo/ws", UPGRADE)),
	"two upgrades": one("gateway", request("/shop/nobody", UPGRADE).repeat(2)),
};

const control: Record<string, Step> = {
	health: one("control", request("/healthz", [CLOSE])),
	"an invalid host": one("control", request("/healthz", ["Host: a b", CLOSE])),
	"no token": one("control", request("/v1/apps", [CLOSE])),
	"a list": async (ready) => [await converse(ready.control, api(ready, "/v1/apps/shop/functions"))],
	metrics: async (ready) => [await converse(ready.control, api(ready, "/metrics"))],
	"a log": async (ready) => [await converse(ready.control, api(ready, "/v1/apps/shop/logs?function=echo"))],
	"a log that is followed": async (ready) => {
		using client = new RawClient(ready.control);
		client.write(api(ready, "/v1/apps/shop/logs/stream?function=echo"));
		const begun = await client.until((text) => text.includes('"ping"'));
		const called = await converse(ready.gateway, echo("/log?tag=followed"));
		return [begun, called, await client.until((text) => text.includes("two followed"))];
	},
	"a deployment": async (ready) => {
		const file = "functions/other/index.ts";
		const functions = [{ name: "other", entry: file }];
		const body = JSON.stringify({ files: [[file, "A".repeat(43)]], functions, prune: false });
		return [await send(ready, "/v1/apps/shop/deployments", body)];
	},
	"a change": async (ready) => [await send(ready, "/v1/apps/shop/changes", ready.change)],
	"pipelined calls": one("control", request("/healthz").repeat(50) + request("/healthz", [CLOSE])),
};

/** The step that starts a function's process. */
export const START_STEP = "a process that starts, writes and ends";

const functions: Record<string, Step> = {
	[START_STEP]: one("raw", request("/shop/cycle") + request("/shop/cycle", [CLOSE])),
};

/**
 * The steps, by their description. Fast ones come first, because the first step that passes a point tests it.
 */
export const STEPS: Readonly<Record<string, Step>> = {
	...control,
	...gateway,
	...answers,
	...upgrades,
	...SECURE_STEPS,
	...functions,
};
