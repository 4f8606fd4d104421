/** The driver against a real local server, which behaves in every way that a server may. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { AppError } from "../../src/errors.ts";
import { Base44 } from "../../src/targets/base44/client.ts";
import { BASE44, BASE44_ORIGIN } from "../../src/targets/base44/kind.ts";
import { Base44Server, type Fault, json } from "../support/services/base44-server.ts";

await cryptoReady;

const VALUE = "correct horse battery staple plugh";
let server: Base44Server;
beforeEach(async () => {
	server = await new Base44Server().start();
});
afterEach(() => server.stop());

function target(answerMs?: number, key = server.key): Base44 {
	return new Base44({
		id: { kind: "base44", origin: server.origin, app: server.app },
		credential: key,
		answerMs,
	});
}

/** The error of a call. No part of it may contain the value or the key. */
async function failure(work: Promise<unknown>): Promise<AppError> {
	const error = await work.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	expect(error).toBeInstanceOf(AppError);
	const shown = error as AppError;
	const text = [shown.message, shown.hint, shown.stack, String(shown.cause), JSON.stringify(shown)].join(
		"\n",
	);
	for (const part of [VALUE, "horse", "staple", "plugh", server.key, "5f2c"])
		expect(text).not.toContain(part);
	return shown;
}

const set = (work = target()) => work.set(new Map([["A", VALUE]]));

describe("requests to Base44, as its own command line makes them", () => {
	test("list, set and delete secrets of any name", async () => {
		const base44 = target();
		await base44.set(
			new Map([
				["A", VALUE],
				["__proto__", "p"],
			]),
		);
		expect([...server.secrets]).toEqual([
			["A", VALUE],
			["__proto__", "p"],
		]);
		expect(await base44.list()).toEqual(["A", "__proto__"]);
		await base44.delete(["A"]);
		await base44.delete(["A"]);
		expect([...server.secrets.keys()]).toEqual(["__proto__"]);
		expect(server.seen.map(({ key, method, path }) => [key, method, path])).toEqual([
			[server.key, "POST", `/api/apps/${server.app}/secrets`],
			[server.key, "GET", `/api/apps/${server.app}/secrets`],
			[server.key, "DELETE", `/api/apps/${server.app}/secrets?secret_name=A`],
			[server.key, "DELETE", `/api/apps/${server.app}/secrets?secret_name=A`],
		]);
	});

	test("fail with exit 3 for a wrong key, and with exit 4 for another app", async () => {
		const refused = await failure(target(undefined, "b44k_other-key").list());
		expect(refused).toMatchObject({ code: "BASE44_KEY_REFUSED", exit: 3 });
		const id = { kind: "base44" as const, origin: server.origin, app: "other" };
		const elsewhere = await failure(set(new Base44({ id, credential: server.key })));
		expect(elsewhere).toMatchObject({ code: "BASE44_APP_NOT_FOUND", exit: 4 });
		expect(elsewhere.message).toMatch(/App not found$/);
	});
});

describe("invalid responses of Base44", () => {
	const answers: [string, Fault, string, number][] = [
		["500", (_, __, to) => void json(to, 500, { message: "Oops" }) === undefined, "BASE44_FAILED", 6],
		["429", (_, __, to) => void json(to, 429, {}) === undefined, "BASE44_BUSY", 6],
		["403", (_, __, to) => void json(to, 403, {}) === undefined, "BASE44_KEY_REFUSED", 3],
		[
			"422",
			(_, __, to) => void json(to, 422, { detail: [{ input: VALUE }] }) === undefined,
			"BASE44_REFUSED",
			1,
		],
		["no success", (_, __, to) => void json(to, 200, { success: false }) === undefined, "BASE44_REFUSED", 1],
		["another shape", (_, __, to) => void json(to, 200, ["A"]) === undefined, "BASE44_ANSWER_INVALID", 6],
		["broken JSON", (_, __, to) => Boolean(to.end(`{"success": tr`)), "BASE44_ANSWER_INVALID", 6],
		["a page", (_, __, to) => Boolean(to.end("<html>Sign in</html>")), "BASE44_ANSWER_INVALID", 6],
		["no UTF-8", (_, __, to) => Boolean(to.end(Buffer.from([0xff, 0xfe]))), "BASE44_ANSWER_INVALID", 6],
		[
			"5 MB",
			(_, __, to) => Boolean(to.end(`{"success": true}${" ".repeat(5_000_000)}`)),
			"BASE44_ANSWER_INVALID",
			6,
		],
		["a cut connection", (request) => Boolean(request.socket.destroy()), "BASE44_UNREACHABLE", 6],
		[
			"a fault of 5 MB",
			(_, __, to) => Boolean(to.writeHead(500).end("x".repeat(5_000_000))),
			"BASE44_FAILED",
			6,
		],
	];
	test.each(answers)("%s", async (_, fault, code, exit) => {
		server.fault = fault;
		expect(await failure(set())).toMatchObject({ code, exit });
	});

	test("names that are not an object of masks", async () => {
		server.fault = (_, __, response) => void json(response, 200, { A: { value: 1 } }) === undefined;
		expect(await failure(target().list())).toMatchObject({ code: "BASE44_ANSWER_INVALID", exit: 6 });
	});

	test("a server that never answers, or whose response never ends, is given up", async () => {
		server.fault = () => true;
		expect(await failure(set(target(50)))).toMatchObject({ code: "BASE44_TIMEOUT", exit: 6 });
		server.fault = (_, __, response) => response.writeHead(200).write("{");
		expect(await failure(set(target(50)))).toMatchObject({ code: "BASE44_TIMEOUT", exit: 6 });
	});

	test("an unreachable server causes exit 6", async () => {
		await server.stop();
		expect(await failure(set())).toMatchObject({ code: "BASE44_UNREACHABLE", exit: 6 });
	});
});

test.each([301, 302, 303, 307, 308])(
	"a redirect (%i) is not followed, so neither key nor value is sent there",
	async (status) => {
		let asked = 0;
		const other = createServer((_, response) => {
			asked++;
			json(response, 200, { success: true });
		});
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
		server.fault = (_, __, response) => Boolean(response.writeHead(status, { location }).end());
		for (const work of [() => set(), () => target().list(), () => target().delete(["A"])])
			expect(await failure(work())).toMatchObject({ code: "BASE44_REDIRECTED", exit: 6 });
		expect(asked).toBe(0);
		other.close();
	},
);

describe("the message in an error response", () => {
	const says = async (body: object) => {
		server.fault = (_, __, response) => void json(response, 400, body) === undefined;
		return (await failure(set())).message;
	};

	test("is repeated, escaped and shortened", async () => {
		expect(await says({ message: "Quota exceeded", detail: "x" })).toMatch(/It says: Quota exceeded$/);
		expect(await says({ detail: "Too many" })).toMatch(/It says: Too many$/);
		expect(await says({ message: "\u001b[31mRed\u202e" })).toMatch(/It says: \\u\{1b\}\[31mRed\\u\{202e\}$/);
		expect((await says({ message: "zq".repeat(10_000) })).length).toBeLessThan(400);
	});

	test.each([
		["the value", VALUE],
		["a part of it", "Bad value near 'tery sta'"],
		["it in capitals", VALUE.toUpperCase()],
		["it with its blanks escaped", encodeURIComponent(VALUE)],
		["it in base64", Buffer.from(VALUE).toString("base64")],
		["it in hex", Buffer.from(VALUE).toString("hex")],
		["it spelt out", [...VALUE].join(" ")],
		["the key", "Key b44k_test-key-5f2c is wrong"],
	])("is not repeated if it contains %s", async (_, text) => {
		expect(await says({ message: `Invalid: ${text}` })).not.toMatch(/It says/);
		expect(await says({ detail: text })).not.toMatch(/It says/);
	});

	test("is not repeated if it contains a value of one character", async () => {
		server.fault = (_, __, response) => void json(response, 400, { message: "not 7" }) === undefined;
		expect((await failure(target().set(new Map([["A", "7"]])))).message).not.toMatch(/It says/);
	});
});

describe("addresses, apps and keys", () => {
	test("an address uses https, or is on this machine", () => {
		expect(BASE44.identify(`${BASE44_ORIGIN}/x?y`, "a")).toEqual({
			kind: "base44",
			origin: BASE44_ORIGIN,
			app: "a",
		});
		for (const url of ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
			expect(BASE44.identify(url, "a").origin).toBe(url);
		const refused: [string, string][] = [
			["http://app.base44.com", "TARGET_URL_INSECURE"],
			["http://127.0.0.1.example.com", "TARGET_URL_INSECURE"],
			["https://user:pw@app.base44.com", "TARGET_URL_INVALID"],
			["ftp://app.base44.com", "TARGET_URL_INVALID"],
			["app.base44.com", "TARGET_URL_INVALID"],
		];
		for (const [url, code] of refused)
			expect(() => BASE44.identify(url, "a")).toThrow(expect.objectContaining({ code, exit: 2 }));
	});

	test.each(["", "../x", "a/b", "a?b", "a b", "a".repeat(129)])("%j is refused as an app's id", (app) => {
		expect(() => BASE44.identify(BASE44_ORIGIN, app)).toThrow(
			expect.objectContaining({ code: "APP_ID_INVALID" }),
		);
	});

	test("a key must have the right form, and an invalid one is not repeated", () => {
		expect(BASE44.credential?.parse(" b44k_abc\n")).toBe("b44k_abc");
		for (const text of ["", "canary", "b44k_", "b44k_can ary", "b44k_can\nary", "b44k_canäry"])
			expect(() => BASE44.credential?.parse(text)).toThrow(
				expect.objectContaining({ code: "BASE44_KEY_MALFORMED", message: expect.not.stringMatching(/can/) }),
			);
	});
});
