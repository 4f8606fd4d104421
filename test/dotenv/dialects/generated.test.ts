/** Generated files: each model reads them as the real reader does. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dotenv, dotenvx, next, node20 } from "../../../scripts/record/dotenv-readers/in-process.mjs";
import {
	bash,
	deno,
	direnv,
	python,
	type Reader,
	ruby,
} from "../../../scripts/record/dotenv-readers/programs.mjs";
import { disagreements, modelled } from "./real.ts";

/** Nothing here begins a command, because real readers run commands. */
const PIECES = [
	..."ab1 '\"`#$\\={}-:~é\t".split(""),
	" #",
	"\\n",
	"\\'",
	'\\"',
	"\\$",
	"$A",
	"$B",
	"${A}",
	"${B:-d}",
];

const piece = fc.constantFrom(...PIECES);
const text = (maxLength: number) => fc.array(piece, { maxLength }).map((pieces) => pieces.join(""));

function quotedWith(quote: string): fc.Arbitrary<string> {
	const inner = fc.oneof(
		text(6),
		fc.tuple(text(3), text(3)).map(([one, other]) => `${one}\n${other}`),
	);
	const after = fc.constantFrom("", " ", " # c", "#c");
	return fc.tuple(inner, after).map(([value, end]) => quote + value.replaceAll(quote, "") + quote + end);
}

const value = fc.oneof(
	text(6).map((bare) => bare.replace(/['"`]/g, "")),
	...["'", '"', "`"].map(quotedWith),
);

const assignment = fc
	.tuple(
		fc.constantFrom("", "", "", "export ", "  ", "\t"),
		fc.constantFrom("A", "B", "C", "Ab", "X_Y"),
		fc.constantFrom("=", "=", "=", " = ", "= ", ": ", ":  "),
		value,
	)
	.map((parts) => parts.join(""));

const line = fc.oneof({ weight: 6, arbitrary: assignment }, fc.constantFrom("", "  ", "# c", "  # c"));

const file = fc
	.tuple(
		fc.constantFrom("", "", "\ufeff"),
		fc.array(line, { minLength: 1, maxLength: 4 }),
		fc.constantFrom("\n", "\n", "\r\n"),
		fc.boolean(),
	)
	.map(([start, lines, end, isClosed]) => start + lines.join(end) + (isClosed ? end : ""));

/** The same files in each run. Another seed gives others: set `SEED`. */
const SEED = Number(process.env.SEED ?? 1);

const LEFT_OUT: Readonly<Record<string, RegExp>> = {
	// A name in quotes may have several lines, which the model does not follow.
	python: /^\s*(?:export\s+)?'/m,
	// The text of a command that may reach over several lines is compared on the recorded files.
	bash: /`/,
	// Variables in values are compared on the recorded files.
	dotenvx: /\$/,
};

/** One call for all files, because most readers are processes. A failure names the shortest file. */
function compare(name: string, reader: Reader, count: number): void {
	const left = LEFT_OUT[name];
	// The reader needs seconds for a file that the model does not finish.
	const isSlow = (text: string) => name === "next" && modelled(name, text) === null;
	const files = fc
		.sample(file, { numRuns: count, seed: SEED })
		.filter((text) => !left?.test(text) && !isSlow(text));
	const found = disagreements(name, files, reader.read(files));
	const [first] = found.sort((one, other) => one.text.length - other.text.length);
	expect(first, `${found.length} of ${files.length} files`).toBeUndefined();
}

const NODE_MODEL = process.versions.node.startsWith("20.") ? "node20" : "node";

test.each([
	["dotenv", dotenv, 3_000],
	["dotenvx", dotenvx, 1_500],
	["next", next, 400],
	[NODE_MODEL, node20, 3_000],
	["python", python, 1_500],
	["ruby", ruby, 1_500],
	["bash", bash, 300],
	["deno", deno, 15],
	["direnv", direnv, 60],
] as const)("the model of %s reads generated files as the reader does", (name, reader, count) => {
	compare(name, reader, count);
});
