/** What is particular to Cloudflare Workers: other bindings, error codes, and requests with many names. */
import { describe, expect, test } from "vitest";
import { Cloudflare } from "../../src/targets/cloudflare/client.ts";
import { CLOUDFLARE, CLOUDFLARE_ORIGIN } from "../../src/targets/cloudflare/kind.ts";
import { CloudflareServer, failed } from "../support/services/target-servers/cloudflare.ts";
import { json } from "../support/services/target-servers/server.ts";

async function setUp() {
	const server = await new CloudflareServer().start();
	const id = { kind: "cloudflare", origin: server.origin, app: server.app };
	const target = new Cloudflare({ id, credential: server.token });
	return { server, target, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("names that the Worker uses for something else are found, with the reason", async () => {
	await using made = await setUp();
	const { server, target } = made;
	server.secrets.set("A", "v");
	server.bindings.set("MODE", "plain_text").set("KV", "kv_namespace").set("OTHER", "plain_text");
	const found = await target.refusals(["A", "MODE", "KV", "NEW"]);
	expect([...found.keys()].sort()).toEqual(["KV", "MODE"]);
	expect(found.get("MODE")).toContain("variable in plain text");
	expect(found.get("KV")).toContain("another binding");
});

describe("error codes", () => {
	test.each([
		[10_053, 400, "NAME_IN_USE", 1],
		[10_215, 400, "VERSION_NOT_DEPLOYED", 1],
		[10_007, 400, "WORKER_NOT_FOUND", 4],
		[10_000, 403, "TOKEN_REFUSED", 3],
	])("%i", async (code, status, name, exit) => {
		await using made = await setUp();
		const { server, target } = made;
		server.fault = (_, __, response) => {
			json(response, failed(status, code, "Because"));
			return true;
		};
		await expect(target.set(new Map([["A", "v"]]))).rejects.toMatchObject({
			code: `CLOUDFLARE_${name}`,
			exit,
			message: expect.stringMatching(/It says: Because$/),
		});
	});

	test("an answer with status 200 that reports no success is not a success", async () => {
		await using made = await setUp();
		const { server, target } = made;
		server.fault = (_, __, response) => {
			json(response, { status: 200, value: { success: false, errors: [], result: [] } });
			return true;
		};
		for (const work of [
			() => target.list(),
			() => target.set(new Map([["A", "v"]])),
			() => target.delete(["A"]),
		])
			await expect(work()).rejects.toMatchObject({ code: "CLOUDFLARE_ANSWER_INVALID" });
	});

	test("a name that is missing does not keep the others from being deleted", async () => {
		await using made = await setUp();
		const { server, target } = made;
		server.secrets.set("A", "v").set("C", "v");
		let first = true;
		server.fault = ({ method }, _, response) => {
			if (method !== "PATCH" || !first) return false;
			first = false;
			json(response, failed(404, 10_056, "Binding 'B' not found."));
			return true;
		};
		await target.delete(["A", "B", "C"]);
		expect(server.take()).toEqual(["PATCH A B C", "GET", "PATCH A C"]);
		expect(server.secrets.size).toBe(0);
	});
});

test.each([
	"shop",
	"ABCDEF0123456789abcdef0123456789/shop",
	`${"0".repeat(32)}/`,
	`${"0".repeat(32)}/../x`,
	`${"0".repeat(32)}/a b`,
])("%j is refused as a Worker", (app) => {
	expect(() => CLOUDFLARE.identify(CLOUDFLARE_ORIGIN, app)).toThrow(
		expect.objectContaining({ code: "WORKER_INVALID", exit: 2 }),
	);
});
