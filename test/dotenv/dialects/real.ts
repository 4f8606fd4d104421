/** The real readers of `.env` files, and what our model of each says. */
import type { Answer } from "../../../scripts/record/dotenv-readers/programs.mjs";
import { DIALECTS } from "../../../src/dotenv/dialects/all.ts";

/** A name that a process environment can have, and that every reader keeps apart from others. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a reader's model has of a text, in the form of the real readers' answers. `unknown`: it depends on more. */
export function modelled(dialect: string, text: string): Answer | "unknown" {
	const model = DIALECTS.find(({ name }) => name === dialect);
	if (model === undefined) throw new Error(`There is no reader ${dialect}.`);
	const { refusal, runs, values } = model.read(text);
	if (refusal !== undefined) return null;
	const isUnknown = ({ runs: itRuns, needs }: { runs: boolean; needs: readonly string[] }) =>
		itRuns || needs.some((name) => name === "HOME" || !NAME.test(name));
	if (runs.length > 0 || [...values.values()].some(isUnknown)) return "unknown";
	return comparable([...values].map(([name, { value }]) => [name, value]));
}

/** An answer with sorted names, without names that no environment has. */
export function comparable(answer: Answer): Answer {
	if (answer === null) return null;
	const pairs = new Map(answer.filter(([name]) => NAME.test(name)));
	return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Reads an answer back by position, for messages that name the text. */
export function disagreements(
	dialect: string,
	texts: readonly string[],
	answers: readonly Answer[],
): { text: string; model: Answer | "unknown"; real: Answer }[] {
	return texts.flatMap((text, index) => {
		const model = modelled(dialect, text);
		const real = comparable(answers[index] ?? null);
		const isSame = model === "unknown" || JSON.stringify(model) === JSON.stringify(real);
		return isSame ? [] : [{ text, model, real }];
	});
}
