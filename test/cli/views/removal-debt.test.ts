/** The list of values to replace, after members were removed. */
import { expect, test } from "vitest";
import { readEnvironment } from "../../../src/cli/shell/process-environment.ts";
import { Terminal } from "../../../src/cli/shell/terminal.ts";
import { renderDebt, renderWholeDebt } from "../../../src/cli/views/removal-debt.ts";
import type { RemovalDebt } from "../../../src/vault/document/removal-debt.ts";

function printed(debts: readonly RemovalDebt[], render = renderDebt): string[] {
	let text = "";
	const output = {
		write: (part: string | Uint8Array) => {
			text += String(part);
		},
	};
	const environment = readEnvironment({});
	render(
		debts,
		"production",
		new Terminal({ json: false, environment, stdin: {}, stdout: output, stderr: output }),
	);
	return text.split("\n").slice(0, -1);
}

const debt = (member: string, epoch: number, ...names: string[]): RemovalDebt => ({ member, epoch, names });

test("is empty without a debt", () => {
	expect(printed([])).toEqual([]);
});

test("names the one member that could read the values", () => {
	expect(printed([debt("bob", 2, "A", "B")])).toEqual([
		"To replace: 2 values that bob could read (coffer secrets set NAME)",
		"  A",
		"  B",
	]);
});

test("names a value once if several members could read it, and the members if they differ", () => {
	const debts = [debt("bob", 2, "B", "C"), debt("platform-x", 3, "A", "B", "C"), debt("eve", 4, "C")];
	expect(printed(debts)).toEqual([
		"To replace: 3 values that removed members could read (coffer secrets set NAME)",
		"  A  platform-x",
		"  B  bob and platform-x",
		"  C  bob, platform-x and eve",
	]);
});

test("names the members in the heading if all of them could read all values", () => {
	expect(printed([debt("bob", 2, "A", "B"), debt("eve", 3, "A", "B"), debt("bob", 4, "A", "B")])).toEqual([
		"To replace: 2 values that bob and eve could read (coffer secrets set NAME)",
		"  A",
		"  B",
	]);
});

test("shows the first five values of all members together, unless the whole list is requested", () => {
	const debts = [debt("bob", 2, "A", "B", "C", "D"), debt("eve", 3, "D", "E", "F", "G")];
	const short = printed(debts);
	expect(short).toHaveLength(7);
	expect(short.at(-1)).toBe("  and 2 more: 'coffer members debt' lists all");
	expect(printed(debts, renderWholeDebt)).toHaveLength(8);
});
