/**
 * Looks for secret values, in every encoding, in all places that Coffer writes to: only commands that show a
 * value may print it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { formsOf } from "../../support/values/forms.ts";
import { link, type Platform, pidsOf, startPlatform } from "../support/platform.ts";
import { type CommandOptions, newProject, type Project } from "../support/project.ts";

/** One value for each way of setting a secret, with characters that differ between encodings. */
const CANARIES = {
	PAIR: "cAnary+pair/1 é&xyzzy-pair-0001",
	STDIN: "cAnary+stdin/2 é&xyzzy-stdin-0002",
	FILE: "cAnary+file/3 é&xyzzy-file-0003",
	DEATH: "cAnary+death/4 é&xyzzy-death-0004",
	OLD: "cAnary+old/5 é&xyzzy-old-0005",
};

const NEEDLES = Object.values(CANARIES).flatMap(formsOf);

function hits(text: string | Buffer): string[] {
	const bytes = typeof text === "string" ? Buffer.from(text) : text;
	return NEEDLES.filter((needle) => bytes.includes(needle));
}

let project: Project;
let platform: Platform;
let outputs = "";

/** Runs a command and keeps its output. With variables for debugging, each command is a process of its own. */
async function keep(args: readonly string[], options: CommandOptions = {}): Promise<number | null> {
	const isDebugging = options.env?.["DEBUG"] !== undefined;
	const result = await (isDebugging ? project.coffer(args, options) : project.kept(args, options));
	outputs += `${result.stdout}${result.stderr}`;
	return result.status;
}

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	await link(project, platform);
	project.writeAll({
		"functions/one/index.ts": `const value = Deno.env.get("PAIR");
console.log("it is", value);
if (Deno.env.get("DEATH")) throw new Error("died of " + Deno.env.get("DEATH"));
Deno.serve(() => new Response(String(value?.length)));`,
		"functions/all.ts": `console.error(JSON.stringify(Deno.env.toObject()));
export default () => new Response(String(Deno.env.get("STDIN")?.length));`,
	});
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

test("the search finds a value in each encoded form", () => {
	for (const needle of NEEDLES) expect(hits(`before ${needle} after`)).toContain(needle);
	const shifted = Buffer.from(`x${CANARIES.PAIR}yz`).toString("base64");
	expect(hits(shifted)).not.toEqual([]);
});

describe("after values were set in every way, and each command ran with success, with failure and with COFFER_DEBUG", () => {
	test.each([
		{ how: "as it is", env: {} },
		{ how: "with COFFER_DEBUG", env: { COFFER_DEBUG: "1", DEBUG: "*" } },
	])("no output contains a value, $how", async ({ env }) => {
		const file = join(project.machine, "given.env");
		project.write("../given.env", `FILE='${CANARIES.FILE}'\n`);
		const mark = "DEBUG" in env ? "." : "";
		expect(await keep(["secrets", "set", `PAIR=${CANARIES.PAIR}${mark}`], { env })).toBe(0);
		expect(await keep(["secrets", "set", "STDIN", "--stdin"], { env, input: CANARIES.STDIN + mark })).toBe(0);
		expect(await keep(["secrets", "set", `OLD=${CANARIES.OLD}${mark}`, "--json"], { env })).toBe(0);
		expect(await keep(["secrets", "set", "--env-file", file], { env })).toBe(0);
		expect(await keep(["secrets", "set", `DEATH=${CANARIES.DEATH}${mark}`, "--json"], { env })).toBe(1);
		expect(await keep(["secrets", "set", `DEATH=${CANARIES.DEATH}-${mark}`], { env })).toBe(1);
		expect(await keep(["functions", "deploy", "--json"], { env })).toBe(1);
		expect(await keep(["secrets", "delete", "DEATH", "OLD"], { env })).toBe(0);
		for (const args of [
			["secrets", "list"],
			["secrets", "get", "PAIR"],
			["status"],
			["sync"],
			["functions", "list"],
			["functions", "references"],
			["functions", "references", "--missing"],
			["functions", "references", "--graph"],
			["plan", `PAIR=${CANARIES.FILE}`],
			["secrets", "set", `PAIR=${CANARIES.FILE}`, "--dry-run"],
			["secrets", "delete", "PAIR", "--dry-run"],
			["functions", "logs", "one"],
			["functions", "logs", "all"],
		])
			expect([args, await keep([...args, "--json"], { env })]).toEqual([args, 0]);
		await keep(["secrets", "set", `A B=${CANARIES.PAIR}`], { env });
		await keep(["secrets", "set", "A=1", CANARIES.PAIR], { env });
		await keep(["secrets", "set", `--${CANARIES.PAIR}`, "--json"], { env });
		await keep(["secrets", "get", CANARIES.PAIR], { env });
		await keep(["secrets", "delete", CANARIES.PAIR], { env });
		await keep([CANARIES.PAIR], { env });
		await keep(["sync", "--take", CANARIES.PAIR], { env });
		await keep(["secrets", "set", `PAIR=${CANARIES.PAIR}`, "-e", CANARIES.FILE], { env });
		await keep(["secrets", "set", `PAIR=${CANARIES.PAIR}`], {
			env: { ...env, COFFER_TOKEN: CANARIES.OLD },
		});
		await keep(["plan", CANARIES.PAIR], { env });
		await keep(["run", "--", "true"], { env });
		project.write(".env", `FILE="${CANARIES.FILE}\n${CANARIES.OLD}\n`);
		await keep(["secrets", "set", "--env-file", ".env"], { env });
		project.write(".env", "");
		expect(outputs).not.toBe("");
		expect(hits(outputs)).toEqual([]);
		expect((await platform.call("one")).text).toBe(String(CANARIES.PAIR.length + mark.length));
	});

	test("only the commands that show a value print it", async () => {
		expect(await project.reveal("STDIN")).toContain(CANARIES.STDIN);
		const shown = await project.ok(["run", "--no-redact", "--", "printenv", "PAIR"]);
		expect(hits(shown.stdout)).not.toEqual([]);
	});

	test("no file contains a value: project, state, home, temporary files, the platform's data and log", async () => {
		const files = [...filesBelow(project.machine), ...filesBelow(platform.folder)].filter(
			({ path }) => !path.endsWith("given.env"),
		);
		expect(files.length).toBeGreaterThan(10);
		expect(files.filter(({ bytes }) => hits(bytes).length > 0).map(({ path }) => path)).toEqual([]);
		await vi.waitFor(() => expect(platform.log).toContain("change accepted"));
		expect(hits(platform.log)).toEqual([]);
	});

	test("the vault contains neither the identity's seed nor the token", () => {
		const seed = (project.identity ?? "").split(".")[1] ?? "";
		const secret = platform.token.split(".")[1] ?? "";
		const own = [...filesBelow(project.machine), ...filesBelow(platform.data)];
		const found = own.filter(({ bytes }) => bytes.includes(seed) || bytes.includes(secret));
		expect(found.map(({ path }) => path)).toEqual([]);
		expect(outputs + platform.log).not.toContain(seed);
		expect(outputs + platform.log).not.toContain(secret);
	});

	test("no process has a value in its arguments or environment", async () => {
		const functions = Object.values(await pidsOf(project)).filter((pid): pid is number => pid !== null);
		expect(functions).toHaveLength(2);
		for (const pid of [platform.pid, ...functions]) expect(existsSync(`/proc/${pid}/environ`)).toBe(true);
		for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
			for (const part of ["cmdline", "environ"]) {
				let text: Buffer;
				try {
					text = readFileSync(`/proc/${pid}/${part}`);
				} catch {
					// The process has ended since it was listed.
					continue;
				}
				expect(hits(text)).toEqual([]);
			}
		}
	});
});
