/** What the gateway reports to the request log about each request, with a real gateway and real functions. */
import { connect } from "node:net";
import { WebSocket } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import type {
	AnsweredRequest,
	RequestedFunction,
} from "../../../../src/platform/gateway/answered-request.ts";
import { call, openStage, type Stage } from "../fixtures/harness.ts";

const CANARY = "canary-in-a-path";
const CODE = `
Deno.serve(async (request) => {
	const { pathname } = new URL(request.url);
	if (pathname === "/never") return await new Promise(() => {});
	if (pathname === "/crash") Deno.exit(7);
	if (pathname === "/cut") {
		let turns = 0;
		return new Response(new ReadableStream({
			pull(controller) {
				if (turns++ === 0) controller.enqueue(new TextEncoder().encode("begun"));
				else controller.error(new Error("no more"));
			},
		}));
	}
	if (request.headers.has("upgrade")) return Deno.upgradeWebSocket(request).response;
	return new Response("hello", { status: pathname === "/bad" ? 500 : 200 });
});
`;

const ECHO =
	'Deno.serve(({ url, headers }) => new Response(new URL(url).pathname + " " + headers.get("x-forwarded-prefix")));';

let stage: Stage;
const reports: (AnsweredRequest & RequestedFunction)[] = [];
let wake: () => void = () => {};

beforeAll(async () => {
	stage = await openStage({
		settings: (_, name) => ({ timeoutSeconds: 1, maxBodyMB: 1, nameInPath: name === "named" }),
		onRequest: (requested, request) => {
			reports.push({ ...requested, ...request });
			wake();
		},
	});
	await stage.start("pay", CODE, { TOKEN: CANARY });
	await stage.start("crasher", CODE);
	await stage.start("named", ECHO);
});
afterAll(async () => await stage.close());

/** The report of the next request. */
async function next(): Promise<AnsweredRequest & RequestedFunction> {
	while (reports.length === 0)
		await new Promise<void>((resolve) => {
			wake = resolve;
		});
	const [first] = reports.splice(0, 1);
	if (first === undefined) throw new Error("Nothing was told.");
	return first;
}

const ask = (path: string, options: object = {}, body?: Buffer) =>
	call({ port: stage.port, path, ...options }, body).catch(() => undefined);

test("a function whose paths begin with its name gets them, and the report has the path of the request", async () => {
	expect((await ask("/shop/named/x"))?.body).toBe("/named/x /shop");
	expect(await next()).toMatchObject({ function: "named", path: "/shop/named/x" });
});

test.each([
	["/shop/pay", { status: 200, reason: null, path: "/shop/pay", bytes: 5 }],
	["/shop/pay/bad?token=secret", { status: 500, reason: null, path: "/shop/pay/bad", bytes: 5 }],
	[`/shop/pay/hook/${CANARY}/x`, { status: 200, reason: null, path: "/shop/pay/hook/[TOKEN]/x", bytes: 5 }],
	["/shop/pay/never", { status: 504, reason: "FUNCTION_TIMEOUT", path: "/shop/pay/never" }],
	["/shop/pay/cut", { status: 200, reason: "FUNCTION_BROKE_CONNECTION", bytes: 5 }],
	["/shop/crasher/crash", { status: 502, reason: "FUNCTION_CRASHED", path: "/shop/crasher/crash" }],
	[
		`/shop/none/of/${CANARY}?x=1`,
		{ status: 404, reason: "FUNCTION_NOT_FOUND", function: undefined, path: "/shop/none/of/…" },
	],
])("%s", async (path, expected) => {
	await ask(path, { headers: { "x-request-id": "id-1" } });
	const request = await next();
	expect(request).toMatchObject({ app: "shop", method: "GET", id: "id-1", ...expected });
	expect(request.ms).toBeGreaterThan(0);
	expect(JSON.stringify(request)).not.toContain(CANARY);
});

test.each(["HTTP/1.0", "HTTP/1.1"])("the report has the version of HTTP: %s", async (version) => {
	const socket = connect(stage.port, "127.0.0.1");
	socket.write(`GET /shop/pay ${version}\r\nHost: h\r\nConnection: close\r\n\r\n`);
	expect(await next()).toMatchObject({ protocol: version, path: "/shop/pay" });
	socket.destroy();
});

test("a body that is too large is reported, and the path behind the function's name is left out", async () => {
	const headers = { "content-length": 2_000_000 };
	await ask(`/shop/pay/${CANARY}`, { method: "POST", headers }, Buffer.alloc(2_000_000));
	expect(await next()).toMatchObject({
		method: "POST",
		status: 413,
		reason: "BODY_TOO_LARGE",
		function: "pay",
		path: "/shop/pay/…",
	});
});

test("a client that disconnects before the response is reported, also during an upgrade", async () => {
	const socket = connect(stage.port, "127.0.0.1");
	socket.write("GET /shop/pay/never HTTP/1.1\r\nHost: h\r\n\r\n", () => socket.destroy());
	expect(await next()).toMatchObject({ status: 499, reason: "CLIENT_GONE", function: "pay" });
	await ask("/shop/pay", { headers: { connection: "upgrade", upgrade: "other" } });
	expect(await next()).toMatchObject({ status: 501, reason: "UPGRADE_NOT_SUPPORTED" });
});

test("an upgraded connection is reported at once, with status 101, and only once", async () => {
	const socket = new WebSocket(`ws://127.0.0.1:${stage.port}/shop/pay`);
	await new Promise((resolve) => socket.addEventListener("open", resolve));
	expect(await next()).toMatchObject({ status: 101, reason: null, path: "/shop/pay" });
	const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
	socket.close();
	await closed;
	await ask("/shop/pay");
	expect(await next()).toMatchObject({ status: 200 });
});

test("requests to an unknown app and malformed requests are not reported", async () => {
	await ask("/other/pay");
	await ask("/shop/../pay");
	await ask("/shop/pay");
	expect(await next()).toMatchObject({ path: "/shop/pay", status: 200 });
});
