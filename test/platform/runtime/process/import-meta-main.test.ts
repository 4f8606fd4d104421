import { afterAll, beforeAll, expect, test } from "vitest";
import { replaceImportMetaMain } from "../../../../src/platform/runtime/process/import-meta-main.ts";
import { ask, type Harness, launch, openRuntime } from "../harness.ts";

const rewrite = (code: string) =>
	new TextDecoder().decode(replaceImportMetaMain(new TextEncoder().encode(code)));

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

test("import.meta.main is replaced wherever it is used, and all positions stay", () => {
	const code = "é;if (import.meta.main) a();\nif(!import.meta.main&&import.meta.main){}";
	const answered = rewrite(code);
	expect(answered).toHaveLength(code.length);
	expect(answered.replaceAll(/ +/g, " ")).toBe("é;if (true ) a();\nif(!true &&true ){}");
});

test.each([
	"import.meta.mainly",
	"x.import.meta.main",
	"import.meta.main$",
	"aimport.meta.main",
	"import.meta.mainé",
	"import.meta.url",
])("%s is not import.meta.main, and is not replaced", (code) => expect(rewrite(code)).toBe(code));

test("a function that serves only if it is the main module serves", async () => {
	const code = `if (import.meta.main) Deno.serve(() => new Response("main"));`;
	const instance = await harness.runtime.start(launch(code));
	expect((await ask(instance.socketPath)).body).toBe("main");
});
