/** The two bundles of the command line: which of them runs a command line, and that both understand it alike. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { everydayLoader, everydayOf } from "../../scripts/bundle/everyday.mjs";
import { ROOT } from "../support/root.ts";

/** Command lines that the everyday bundle runs. */
const EVERYDAY = [
	["secrets", "set", "A=1", "--no-sync"],
	["secrets", "get", "A"],
	["secrets", "get", "A", "--no-such-flag"],
	["secrets", "list", "--json"],
	["secrets", "delete"],
	["status"],
	["sync", "--dry-run"],
	["run", "--", "node", "--help"],
	["git", "merge", "a", "b", "c", "coffer.vault"],
];

/** Command lines of which the whole bundle has the command, or that need oclif. */
const WHOLE = [
	[],
	["--version"],
	["secrets"],
	["secrets", "no-such-command"],
	["secrets", "get", "--help"],
	["secrets", "--json", "list"],
	["secrets:list"],
	["help", "status"],
	["status", "-h"],
	["git", "setup"],
	["vault", "verify"],
	["platform", "start"],
];

interface Chosen {
	/** Whether the everyday bundle runs the command line. */
	readonly isEveryday: boolean;
	/** Whether each bundle runs it without oclif; the everyday bundle if its first words fit. */
	readonly direct: readonly (boolean | null)[];
}

/** Asks the built bundles, in a process of their own. */
function choose(lines: readonly (readonly string[])[]): Chosen[] {
	const script = `
		const { everyday } = require("./dist/everyday.cjs");
		const whole = require("./dist/main.cjs");
		const directIn = (bundle, argv) => bundle ? bundle.isDirect(argv, bundle.commands) : null;
		const chosen = JSON.parse(process.argv[1]).map((argv) => {
			const direct = [directIn(everyday(argv), argv), directIn(whole, argv)];
			return { isEveryday: direct[0] === true, direct };
		});
		console.log(JSON.stringify(chosen));`;
	const output = execFileSync(process.execPath, ["-e", script, JSON.stringify(lines)], { cwd: ROOT });
	return JSON.parse(output.toString());
}

describe("the bundle for a command line", () => {
	let chosen: Chosen[];
	beforeAll(() => {
		chosen = choose([...EVERYDAY, ...WHOLE]);
	});

	test.each(EVERYDAY.map((argv, index) => [argv.join(" "), index] as const))("%s: everyday", (_, index) => {
		expect(chosen[index]).toEqual({ isEveryday: true, direct: [true, true] });
	});

	test.each(WHOLE.map((argv, index) => [argv.join(" "), index] as const))("%s: whole", (_, index) => {
		const { isEveryday, direct } = chosen[EVERYDAY.length + index] as Chosen;
		expect(isEveryday).toBe(false);
		// The everyday bundle never runs what the whole one gives to oclif.
		if (direct[0] === false) expect(direct[1]).toBe(false);
	});
});

test("the everyday bundle is less than half of the whole one", () => {
	const sizeOf = (loader: string) => {
		const [, file = ""] =
			/require\("\.\/(.+?)"\)/.exec(readFileSync(join(ROOT, "dist", loader), "utf8")) ?? [];
		return statSync(join(ROOT, "dist", file)).size;
	};
	expect(sizeOf("everyday.cjs")).toBeLessThan(sizeOf("main.cjs") / 2);
});

test("a command that is not in the bundle keeps its name, so that words mean the same", () => {
	expect(everydayOf({ status: "a.ts", "vault/verify": "b.ts" })).toEqual({
		status: "a.ts",
		"vault/verify": undefined,
	});
});

test("a program without such commands has a loader that finds none", () => {
	expect(everydayLoader("everyday-0.cjs", { greet: undefined })).toContain("new Set([])");
});
