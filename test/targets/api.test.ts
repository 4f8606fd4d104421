/** The three kinds of targets whose API has an access token, against servers that behave in every way. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { AppError } from "../../src/errors.ts";
import { Cloudflare } from "../../src/targets/cloudflare/client.ts";
import { GitHub } from "../../src/targets/github/client.ts";
import { Supabase } from "../../src/targets/supabase/client.ts";
import { CloudflareServer } from "../support/services/target-servers/cloudflare.ts";
import { GitHubServer } from "../support/services/target-servers/github.ts";
import { type Fault, json, type Outcome } from "../support/services/target-servers/server.ts";
import { SupabaseServer } from "../support/services/target-servers/supabase.ts";

await cryptoReady;

const VALUE = "correct horse battery staple plugh";

const KINDS = [
	["CLOUDFLARE", CloudflareServer, Cloudflare, "WORKER_NOT_FOUND"],
	["GITHUB", GitHubServer, GitHub, "REPOSITORY_NOT_FOUND"],
	["SUPABASE", SupabaseServer, Supabase, "PROJECT_NOT_FOUND"],
] as const;

/** An error in the form of every API at once. */
const says = (message: string) => ({ message, success: false, errors: [{ code: 1, message }] });

const answers =
	(outcome: Outcome): Fault =>
	(_, __, response) => {
		json(response, outcome);
		return true;
	};

describe.each(KINDS)("%s", (prefix, Server, Target, notFound) => {
	async function setUp(access: { answerMs?: number; credential?: string; app?: string } = {}) {
		const server = await new Server().start();
		const { app = server.app, answerMs, credential = server.token } = access;
		const id = { kind: prefix.toLowerCase(), origin: server.origin, app };
		const target = new Target({ id, credential, answerMs });
		const set = () => target.set(new Map([["A", VALUE]]));
		const works = [set, () => target.list(), () => target.delete(["A"])] as const;
		return { server, target, set, works, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
	}

	/** The error of a call. No part of it contains the value or the token. */
	async function failure(work: Promise<unknown>, token: string): Promise<AppError> {
		const error = await work.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(AppError);
		const { cause, hint, message, stack } = error as AppError;
		const text = [message, hint, stack, String(cause), JSON.stringify(error)].join("\n");
		for (const part of [VALUE, "horse", "plugh", token]) expect(text).not.toContain(part);
		return error as AppError;
	}

	const STATUSES: [number, string, number][] = [
		[401, "TOKEN_REFUSED", 3],
		[403, "TOKEN_REFUSED", 3],
		[404, notFound, 4],
		[409, "CONFLICT", 5],
		[400, "REFUSED", 1],
		[500, "FAILED", 6],
		[503, "FAILED", 6],
	];
	test.each(STATUSES)("status %i is explained", async (status, code, exit) => {
		await using made = await setUp();
		const { server, set } = made;
		server.fault = answers({ status, value: says("Because of the moon") });
		const error = await failure(set(), server.token);
		expect(error).toMatchObject({ code: `${prefix}_${code}`, exit });
		expect(error.message).toContain(`status ${status}`);
		expect(error.message).toMatch(/It says: Because of the moon$/);
	});

	test("an error's text that contains a part of the value or of the token is left out", async () => {
		await using made = await setUp();
		const { server, set } = made;
		for (const text of [
			VALUE,
			`near '${VALUE.slice(8, 15)}'`,
			Buffer.from(VALUE).toString("base64"),
			server.token,
		]) {
			const refuses = answers({ status: 400, value: says(`Invalid: ${text}`) });
			// The key and the bindings are read before a value is sent.
			server.fault = (request, ...rest) => request.method !== "GET" && refuses(request, ...rest);
			expect((await failure(set(), server.token)).message).not.toContain("It says");
		}
	});

	test("another token, and another place, are refused", async () => {
		await using made = await setUp({ credential: "token-of-another" });
		for (const work of made.works)
			expect(await failure(work(), "token-of-another")).toMatchObject({ code: `${prefix}_TOKEN_REFUSED` });
		const app = prefix === "SUPABASE" ? "tsrqponmlkjihgfedcba" : made.server.app.replace("shop", "shed");
		await using elsewhere = await setUp({ app });
		const { server, works } = elsewhere;
		for (const work of works)
			expect(await failure(work(), server.token)).toMatchObject({ code: `${prefix}_${notFound}`, exit: 4 });
	});

	test("a short wait is waited for, and the request is made again", async () => {
		await using made = await setUp();
		const { server, set } = made;
		let limited = 2;
		server.fault = (request, body, response) =>
			limited-- > 0 &&
			answers({ status: 429, value: says("Slow down"), headers: { "retry-after": "0" } })(
				request,
				body,
				response,
			);
		await set();
		expect(server.secrets.get("A")).toBe(VALUE);
	});

	test.each([
		[429, { "retry-after": "60" }, "Wait 60 s"],
		[429, { "x-ratelimit-reset": "57" }, "Wait 57 s"],
		[429, { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }, "Wait 3"],
		[429, {}, "Wait a minute"],
		[403, { "retry-after": "61" }, "Wait 61 s"],
		[403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999" }, "Wait "],
	])("a long wait is left to the user: %i %j", async (status, headers, hint) => {
		await using made = await setUp();
		const { server, set } = made;
		server.fault = answers({ status, value: says("x"), headers });
		const error = await failure(set(), server.token);
		expect(error).toMatchObject({ code: `${prefix}_BUSY`, exit: 6 });
		expect(error.hint).toContain(hint);
		expect(server.seen).toHaveLength(1);
	});

	test("a server that always asks for a short wait is given up", async () => {
		await using made = await setUp();
		const { server, set } = made;
		server.fault = answers({
			status: 403,
			value: says("You exceeded a secondary rate limit"),
			headers: { "retry-after": "0" },
		});
		expect(await failure(set(), server.token)).toMatchObject({ code: `${prefix}_BUSY` });
		expect(server.seen).toHaveLength(3);
	});

	const BROKEN: [string, Fault, string][] = [
		["a page", (_, __, to) => Boolean(to.end("<html>Sign in</html>")), "ANSWER_INVALID"],
		["JSON of another shape", answers({ status: 299, value: { ok: true } }), "ANSWER_INVALID"],
		["5 MB", (_, __, to) => Boolean(to.end(`[${" ".repeat(5_000_000)}]`)), "ANSWER_INVALID"],
		["no UTF-8", (_, __, to) => Boolean(to.end(Buffer.from([0xff, 0xfe]))), "ANSWER_INVALID"],
		["a cut connection", (request) => Boolean(request.socket.destroy()), "UNREACHABLE"],
		["a fault of 5 MB", (_, __, to) => Boolean(to.writeHead(500).end("x".repeat(5_000_000))), "FAILED"],
	];
	test.each(BROKEN)("an answer that is not one of the API fails: %s", async (_, fault, code) => {
		await using made = await setUp();
		const { server, works } = made;
		server.fault = fault;
		for (const work of works)
			expect(await failure(work(), server.token)).toMatchObject({ code: `${prefix}_${code}`, exit: 6 });
	});

	test("a server that never answers is given up", async () => {
		await using made = await setUp({ answerMs: 50 });
		const { server, works } = made;
		server.fault = () => true;
		for (const work of works)
			expect(await failure(work(), server.token)).toMatchObject({ code: `${prefix}_TIMEOUT`, exit: 6 });
	});

	test.each([301, 302, 303, 307, 308])(
		"a redirect (%i) gets neither the token nor a value",
		async (status) => {
			await using made = await setUp();
			const { server, works } = made;
			let asked = 0;
			const other = createServer((_, response) => {
				asked++;
				response.end("{}");
			});
			await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
			const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
			server.fault = answers({ status, headers: { location } });
			for (const work of works)
				expect(await failure(work(), server.token)).toMatchObject({
					code: `${prefix}_REDIRECTED`,
					exit: 6,
					hint: expect.stringContaining(`coffer link ${prefix.toLowerCase()}`),
				});
			expect(asked).toBe(0);
			other.close();
		},
	);
});
