/** Starts that fail, and their errors. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { createDenoRuntime } from "../../../src/platform/runtime/open-deno.ts";
import { EGRESS_PROGRAM, type Harness, HOST_PATH, isAlive, launch, openRuntime } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime({ startTimeoutMs: 1_000 });
});
afterAll(() => harness.close());

async function failure(code: string, environment: Record<string, string> = {}): Promise<AppError> {
	try {
		await harness.runtime.start(launch(code, environment));
	} catch (error) {
		if (error instanceof AppError) return error;
		throw error;
	}
	throw new Error("The function started.");
}

describe("a start that fails", () => {
	test("reports that the function exits", async () => {
		const error = await failure(`console.error("no database"); Deno.exit(3);`);
		expect(error).toMatchObject({ code: "FUNCTION_START_FAILED", exit: 1 });
		expect(error.message).toBe(
			"The function shop/pay exited with status 3 before it was ready:\nno database",
		);
	});

	test("reports an exception at import, with its message and place", async () => {
		const error = await failure(
			`\n\nclass Refused extends Error {}\nfunction connect() { throw new Refused("no such table"); }\nconnect();`,
		);
		expect(error.message).toContain("exited with status 1");
		expect(error.message).toContain("no such table");
		expect(error.message).toContain("pay.js:4:");
		expect(error.message).not.toContain(harness.directory);
		expect(error.message).not.toContain("host/main.js");
	});

	test("names files and lines of the function if there is a source map", async () => {
		const source = "interface A {}\n\n\nfunction boom(a: A): never { throw new Error('lost'); }\nboom({});\n";
		const options = { loader: "ts", sourcemap: "external", sourcefile: "functions/pay/index.ts" } as const;
		const { code, map: sourceMap } = transformSync(source, options);
		const error = await harness.runtime
			.start(launch(code, {}, { sourceMap: Buffer.from(sourceMap) }))
			.catch((reason) => reason);
		expect(error.message).toContain("functions/pay/index.ts:4:");
		expect(error.message).toContain("functions/pay/index.ts:5:");
		expect(error.message).not.toContain(harness.directory);
	});

	test("reports a function that does not parse", async () => {
		expect((await failure("export default () => {")).message).toContain("SyntaxError");
	});

	test("reports a rejection that comes later, before the function serves", async () => {
		const error = await failure(
			`setTimeout(() => Promise.reject(new Error("late")), 10); setTimeout(() => {}, 500);`,
		);
		expect(error.message).toContain("late");
	});

	test.each(["console.log('hi');", "export default 42;", "export const fetch = () => {};"])(
		"reports at once that there is no handler: %s",
		async (code) => {
			const error = await failure(code);
			expect(error.message).toContain("exports no handler and does not serve");
		},
	);

	test("is ended at the time limit if the function hangs", async () => {
		const error = await failure(
			`console.error("connecting"); await new Promise((resolve) => setTimeout(resolve, 60_000));`,
		);
		expect(error.message).toContain("was not ready after 1000 ms");
		expect(error.message).toContain("connecting");
	});

	test("is ended at the time limit if the function computes without end", async () => {
		expect((await failure("for (;;);")).message).toContain("was not ready after 1000 ms");
	});

	test("names only the variable of a value that an environment cannot contain", async () => {
		const error = await failure("export default () => {};", { TOKEN: "canary\0value" });
		expect(error.message).toContain("TOKEN");
		expect(error.message).not.toContain("canary");
	});

	test("shows no injected value in the error, in any encoding of the logs", async () => {
		const value = 'canary "quoted" välue/+?';
		const error = await failure(
			`const value = Deno.env.get("TOKEN");
			console.error(value, JSON.stringify(value), encodeURIComponent(value), btoa(unescape(encodeURIComponent(value))));
			throw new Error("refused: " + value);`,
			{ TOKEN: value },
		);
		expect(error.message).toContain("refused: [TOKEN]");
		expect(error.message).toContain(`[TOKEN] "[TOKEN]" [TOKEN] [TOKEN]`);
		expect(error.message).not.toContain("canary");
	});

	test("leaves no process and no file", async () => {
		await failure("for (;;);");
		expect(await readdir(join(harness.directory, "i"))).toEqual([]);
		expect(await readdir(join(harness.directory, "bundles"))).toEqual([]);
	});

	test("reports that the binary cannot be started", async () => {
		const { directory } = harness;
		const runtime = await createDenoRuntime({
			binary: "/nowhere/deno",
			hostPath: HOST_PATH,
			egressProgram: EGRESS_PROGRAM,
			directory: join(directory, "x"),
		});
		const start = runtime.start(launch("export default () => {};"));
		await expect(start).rejects.toMatchObject({ code: "FUNCTION_START_FAILED" });
		await runtime.close();
	});
});

test("a closed runtime starts nothing", async () => {
	const closing = await openRuntime();
	const { pid } = await closing.runtime.start(launch("export default () => {};"));
	await closing.close();
	expect(isAlive(pid)).toBe(false);
	await expect(closing.runtime.start(launch("export default () => {};"))).rejects.toMatchObject({
		code: "FUNCTION_START_FAILED",
	});
});
