/** The reads of variables that the platform observes. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AUDIT_BEGIN, AuditLines } from "../../../../src/platform/runtime/output/permission-audit.ts";
import { ask, type Harness, launch, openRuntime } from "../harness.ts";

const env = (value: unknown) => `${JSON.stringify({ v: 1, permission: "env", value })}\n`;

function picked(...chunks: string[]): string[] {
	const names: string[] = [];
	const lines = new AuditLines((name) => names.push(name));
	for (const chunk of chunks) lines.write(chunk);
	return names;
}

describe("the reads of variables in what Deno writes", () => {
	test("each variable is reported once, after the start of the function", () => {
		const text = env("HOST_S_OWN") + env(AUDIT_BEGIN) + env("A") + env("B") + env("A") + env("HOST_S_OWN");
		expect(picked(text)).toEqual(["A", "B", "HOST_S_OWN"]);
		expect(picked(...text)).toEqual(["A", "B", "HOST_S_OWN"]);
	});

	test("text that is not a variable, or not a whole line, is ignored", () => {
		const odd = [
			'{"permission":"read","value":"A"}\n',
			"{\n",
			"null\n",
			"\n",
			env(null),
			env("A-B"),
			env("A".repeat(129)),
			env(AUDIT_BEGIN),
		];
		expect(picked(env(AUDIT_BEGIN), ...odd, "x".repeat(100_000), "\n", env("B"))).toEqual(["B"]);
	});

	test("a limited number of lines is read", () => {
		const lines = new AuditLines(() => {});
		lines.write(env("A").repeat(100_000));
		expect(lines.isFull).toBe(false);
		lines.write(env("A"));
		expect(lines.isFull).toBe(true);
	});

	test("a limited number of bytes is read, with line feeds or without", () => {
		const lines = new AuditLines(() => {});
		const chunk = "x".repeat(1024 * 1024);
		for (let mebibytes = 0; mebibytes < 32; mebibytes++) lines.write(chunk);
		expect(lines.isFull).toBe(false);
		lines.write("x");
		expect(lines.isFull).toBe(true);
	});

	test("a known variable is ignored, and similar text in another place is not", () => {
		const other = JSON.stringify({ permission: "net", value: "A" });
		const quoted = JSON.stringify({ permission: "env", value: '"value":"A"' });
		expect(picked(env(AUDIT_BEGIN), env("A"), `${other}\n`, `${quoted}\n`, env("AB"), env("A"))).toEqual([
			"A",
			"AB",
		]);
		expect(picked(env(AUDIT_BEGIN), `${other}\n`, env("A"))).toEqual(["A"]);
	});
});

describe("a running function", () => {
	let harness: Harness;
	beforeAll(async () => {
		harness = await openRuntime();
	});
	afterAll(() => harness.close());

	async function started(code: string, environment: Record<string, string> = {}) {
		const names: string[] = [];
		const onRead = (name: string) => names.push(name);
		const instance = await harness.runtime.start(launch(code, environment, { onRead }));
		return { instance, names };
	}

	test("reports each variable that it reads in any way, also variables that it was not given", async () => {
		const code = `
			import process from "node:process";
			Deno.env.get("ONE");
			const { TWO, THREE = "x" } = process.env;
			export default async (request) => {
				const name = new URL(request.url).pathname.slice(1);
				return new Response(String(Deno.env.has(name)) + ("FOUR" in process.env));
			};`;
		const { instance, names } = await started(code, { ONE: "1", GIVEN_AND_NOT_READ: "2" });
		expect((await ask(instance.socketPath, "/LATER")).body).toBe("falsefalse");
		await vi.waitFor(() => expect(names).toEqual(["ONE", "TWO", "THREE", "LATER", "FOUR"]));
	});

	test("reports the variables that it reads right before it fails", async () => {
		const names: string[] = [];
		const code = `if (!Deno.env.get("NEEDED")) throw new Error("no NEEDED"); Deno.serve(() => new Response());`;
		const start = harness.runtime.start(launch(code, {}, { onRead: (name) => names.push(name) }));
		await expect(start).rejects.toMatchObject({ code: "FUNCTION_START_FAILED" });
		expect(names).toEqual(["NEEDED"]);
	});

	test("that reads variables without end is no longer followed, and continues to run", async () => {
		const code = `export default () => {
			for (let i = 0; i < 150_000; i++) Deno.env.get("AGAIN");
			Deno.env.get("TOO_LATE");
			return new Response("done");
		};`;
		const { instance, names } = await started(code);
		expect((await ask(instance.socketPath)).body).toBe("done");
		expect((await ask(instance.socketPath)).body).toBe("done");
		expect(names).toEqual(["AGAIN"]);
	});

	test("cannot tell from its environment that its reads are followed, and cannot reach the reader", async () => {
		const code = `export default () => {
			const found = Object.keys(Deno.env.toObject()).sort();
			let read = "";
			try { read = Deno.readTextFileSync(Deno.cwd() + "/../../a"); } catch (error) { read = error.name; }
			return Response.json({ found, read });
		};`;
		const { instance } = await started(code, { OWN: "1" });
		expect(JSON.parse((await ask(instance.socketPath)).body)).toEqual({
			found: ["NODE_ENV", "OWN", "TMPDIR"],
			read: "NotCapable",
		});
		const fifo = await stat(join(instance.socketPath, "../a"));
		expect(fifo.isFIFO()).toBe(true);
		await instance.stop({ graceMs: 0 });
	});

	test("is not followed if nobody wants its reads", async () => {
		const instance = await harness.runtime.start(launch("export default () => new Response();"));
		await expect(stat(join(instance.socketPath, "../a"))).rejects.toMatchObject({ code: "ENOENT" });
	});
});
