/** docs/commands.md is generated from the manifest. `check:manifest` checks that both are up to date. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CommandEntry, generateCommandsPage } from "../../scripts/generate/commands-page.mjs";
import { COMMON_STATUSES, STATUSES } from "../../scripts/generate/exit-statuses.mjs";
import { EXIT } from "../../src/errors.ts";
import { ROOT } from "../support/root.ts";

const manifest: { commands: Record<string, CommandEntry> } = JSON.parse(
	readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"),
);

function page(command: Partial<CommandEntry>): Promise<string> {
	const whole = { id: "box:open", summary: "Open a box", ...command };
	return generateCommandsPage({ commands: { "box:open": whole } }, { box: { description: "Boxes" } });
}

test("every exit status of the program is explained, and 130", () => {
	expect(Object.keys(COMMON_STATUSES).map(Number)).toEqual([...Object.values(EXIT), 130]);
});

test("exit statuses are explained only for commands that exist", () => {
	expect(Object.keys(manifest.commands)).toEqual(expect.arrayContaining(Object.keys(STATUSES)));
});

test("a command has its usage, arguments, flags and examples on the page, under its topic", async () => {
	const text = await page({
		args: { name: { required: true, description: "the box" } },
		flags: {
			color: { type: "option", char: "c", options: ["red", "blue"], default: "red", description: "which" },
			json: { type: "boolean", description: "print the result as JSON" },
		},
		strict: true,
		examples: ["<%= config.bin %> box open mine"],
	});
	expect(text).toContain("| [box](#box) | [open](#coffer-box-open) |");
	expect(text).toContain("coffer box open NAME [--color red|blue] [--json]");
	expect(text).toContain("| `NAME` | the box |");
	expect(text).toContain("| `-c, --color red\\|blue` | which; one of `red`, `blue`; default: `red` |");
	expect(text).toContain("```sh\ncoffer box open mine\n```");
	expect(text).not.toContain("| `--json` |");
});

test("Markdown characters are escaped", async () => {
	expect(await page({ description: "Names <NAME> that begin with STRIPE_* | more" })).toContain(
		"Names \\<NAME\\> that begin with STRIPE\\_\\* \\| more",
	);
});

test("a hidden command is left out", async () => {
	expect(await page({ hidden: true })).not.toContain("coffer box open");
});

test("a line outside of tables has at most 110 columns", async () => {
	const flags = Object.fromEntries(
		Array.from({ length: 20 }, (_, index) => [`flag-${index}`, { type: "boolean" }]),
	);
	const text = await page({
		flags,
		description: "word ".repeat(60),
		examples: [`coffer box open ${"--some-flag VALUE ".repeat(12)}`],
	});
	const long = text.split("\n").filter((line) => line.length > 110 && !line.startsWith("|"));
	expect(long).toEqual([]);
});
