/** The program of `npm run simulate`. */
import { expect, test } from "vitest";
import { simulate } from "../../bench/simulation/simulate.program.ts";

const SMALL = ["--apps", "2000", "--cell-apps", "500", "--warm", "30", "--window", "30"];

function printed(...args: string[]): string {
	const parts: string[] = [];
	simulate([...SMALL, ...args], (text) => parts.push(text));
	return parts.join("\n");
}

test("prints the same text for the same seed, and names the bottleneck, cells and nodes", () => {
	const text = printed("--seed", "7");
	expect(printed("--seed", "7")).toBe(text);
	expect(printed("--seed", "8")).not.toBe(text);
	expect(text).toContain("Bottleneck: etcd: bytes");
	expect(text).toMatch(/^Needed: 4 cells of 500 apps, each with \d+ nodes/m);
	expect(text).not.toContain("NaN");
});

test("refuses flags that do not exist, and values that are no numbers", () => {
	expect(() => printed("--sed", "1")).toThrow("--sed");
	for (const value of ["x", "", "-1"]) expect(() => printed(`--seed=${value}`)).toThrow("--seed must be");
});
