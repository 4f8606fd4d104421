/** Coffer's own command line deploys the functions of a Base44 project. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, newProject, type Project } from "../support/project.ts";

const FILES = {
	"base44/functions/charge/entry.ts": `import { secrets } from "base44:runtime";

const key = () => secrets.get("CHARGE_KEY");
export default (): Response => new Response(key() ?? "none");
`,
	"base44/functions/later/function.jsonc": `{ "name": "later", "entry": "entry.ts", "idleSeconds": 1 }`,
	"base44/functions/later/entry.ts": `import { secrets, waitUntil } from "base44:runtime";

let release = () => {};
Deno.serve((request) => {
	if (request.url.endsWith("/release")) release();
	if (request.url.endsWith("/hold")) {
		const held = waitUntil(new Promise<void>((resolve) => (release = resolve)));
		void held.then(() => console.log("work after the response is done"));
	}
	if (request.url.endsWith("/fail")) waitUntil(Promise.reject(new Error("later it failed")));
	return new Response(\`\${Deno.pid} \${secrets.get("LATER_KEY")}\`);
});
`,
};

let project: Project;
let platform: PlatformAccess;
beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	await link(project, platform);
	project.writeAll(FILES);
	await project.ok(["secrets", "set", "CHARGE_KEY=one", "LATER_KEY=first"]);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

const ask = async (path: string) => await (await fetch(`${platform.listen}/${APP}/${path}`)).text();

describe("a Base44 project on a platform", () => {
	test("functions get their secrets, and each reference names the function's own file", async () => {
		expect(await ask("charge")).toBe("one");
		const { functions } = await project.data(["functions", "references"]);
		const references = functions.flatMap(
			({ references }: { references: { name: string; file: string; line: number }[] }) =>
				references.map(({ name, file, line }) => `${name} ${file}:${line}`),
		);
		expect(references).toEqual([
			"CHARGE_KEY base44/functions/charge/entry.ts:3",
			"LATER_KEY base44/functions/later/entry.ts:11",
		]);
	});

	test("a process that still works after its response is kept until it is done, while the next process serves", async () => {
		const [pid = ""] = (await ask("later/hold")).split(" ");
		await project.ok(["secrets", "set", "LATER_KEY=second"]);
		const [next, value] = (await ask("later")).split(" ");
		expect([next === pid, value]).toEqual([false, "second"]);
		// Signal 0 only checks that the process exists.
		expect(process.kill(Number(pid), 0)).toBe(true);
		const logs = project.start(["functions", "logs", "later", "--follow"]);
		await ask("later/fail");
		expect(await logs.stdout.next(/waitUntil/)).toContain("waitUntil: Error: later it failed");
		logs.signal("SIGINT");
	});
});
