/** A large module that many functions share is parsed once, and not in the thread that serves. */
import { expect, test, vi } from "vitest";
import { statusesOf } from "./fixtures/client.ts";
import { platform, TestApp, useCore } from "./redeploy/app-fixture.ts";

const COUNT = 12;
const MODULE_BYTES = 256 * 1024;
useCore({ processesMax: COUNT });

/** A table in code, as generators write it. */
function largeModule(): string {
	const row = `"${"made ".repeat(200)}"`;
	const part = `export function call(id: string): string {\n\treturn [id, "call", ${row}.slice(0, 4)].join("/");\n}\n`;
	const count = Math.ceil(MODULE_BYTES / part.length);
	return Array.from({ length: count }, (_, index) => part.replace("call(", `call${index}(`)).join("");
}

test("twelve functions that share a module of 256 KiB are deployed", { timeout: 300_000 }, async () => {
	const app = await TestApp.open("large", { UNUSED: "1" });
	const prepare = vi.spyOn(platform.builder, "prepare");
	const entries = Array.from({ length: COUNT }, (_, index) => [
		`functions/f${index}/index.ts`,
		`import { call${index} } from "../../shared/large.ts";\nexport default () => new Response(call${index}("${index}"));\n`,
	]);
	const files = { ...Object.fromEntries(entries), "shared/large.ts": largeModule() };
	const parsesOf = async (call: number) => (await prepare.mock.results[call]?.value)?.parses;

	expect(Object.values(statusesOf(await app.deployFiles(files)))).toEqual(Array(COUNT).fill("deployed"));
	expect(await parsesOf(0)).toBe(COUNT + 1);
	expect(await app.fetch("f7")).toBe("7/call/made");

	expect(Object.values(statusesOf(await app.deployFiles(files)))).toEqual(Array(COUNT).fill("unchanged"));
	expect(await parsesOf(1)).toBe(0);
});

test("the error for an upload that exceeds a limit names the file and says what to do", async () => {
	const app = await TestApp.open("deep", { UNUSED: "1" });
	const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)};`;
	const events = await app.deployFiles({
		"functions/deep/index.ts": 'import "../../shared/deep.ts"; export default () => new Response();',
		"functions/fine/index.ts": 'export default () => new Response("fine");',
		"shared/deep.ts": nested,
	});
	expect(statusesOf(events)).toEqual({ deep: "failed", fine: "deployed" });
	const failed = events.find((event) => event.type === "function" && event.result.name === "deep");
	expect(failed).toMatchObject({
		result: {
			error:
				"shared/deep.ts cannot be parsed: it is nested too deeply. Split its deepest expressions and blocks, or import a generated file as JSON.",
		},
	});
});
