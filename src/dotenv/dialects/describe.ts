/**
 * Says what readers have for a name, without the value: what it keeps, how long it is. The words name only what the
 * sides do not have in common.
 */
import type { Outcome, Side } from "./compare.ts";

/** A property of a value that can be told without telling the value. */
const TRAITS: readonly ((value: string) => string | undefined)[] = [
	(value) => (/^(["'`])[\s\S]*\1$/.test(value) && value.length > 1 ? "with its quotes" : undefined),
	(value) => (value.includes("#") ? 'with "#" and what follows' : undefined),
	(value) => (value.includes("$") ? 'with "$" as it is written' : undefined),
	(value) => (value.includes("\\") ? "with backslashes" : undefined),
	(value) => (value.includes("\n") ? `${value.split("\n").length} lines` : undefined),
	(value) => (/^\s|\s$/.test(value) ? "with space at an end" : undefined),
];

/** A clause for each side, in their order. */
export function describeSides(sides: readonly Side[]): string[] {
	const outcomes = sides.map(({ outcome }) => outcome);
	const values = outcomes.flatMap((outcome) => (outcome.kind === "value" ? [outcome] : []));
	const telling = TRAITS.filter((trait) => new Set(values.map(({ value }) => trait(value))).size > 1);
	const namesLine = new Set(values.map(({ line }) => line)).size > 1;
	const longest = Math.max(0, ...values.map(({ value }) => value.length));
	return outcomes.map((outcome) => describe(outcome, { telling, namesLine, longest }));
}

interface Context {
	/** The traits that only some of the values have. */
	readonly telling: typeof TRAITS;
	/** Whether the values are from several lines. */
	readonly namesLine: boolean;
	/** The length of the longest value. The result tells only how much shorter others are. */
	readonly longest: number;
}

function describe(outcome: Outcome, { telling, namesLine, longest }: Context): string {
	switch (outcome.kind) {
		case "nothing":
			return "nothing";
		case "runs":
			return "what a program prints, which it runs";
		case "expands":
			return `a value with ${outcome.needs.map((name) => `$${name}`).join(", ")} from the environment`;
		case "value": {
			const { line, value } = outcome;
			if (value === "") return `an empty value${namesLine ? ` from line ${line}` : ""}`;
			const traits = telling.map((trait) => trait(value)).filter((clause) => clause !== undefined);
			const shorter = longest - value.length;
			return [
				`a value${namesLine ? ` from line ${line}` : ""}`,
				...traits,
				...(shorter > 0 ? [`${shorter} ${shorter === 1 ? "character" : "characters"} shorter`] : []),
			].join(", ");
		}
	}
}
