/**
 * The grammar of the programs: idioms, in one text file for each kind of value that they make. An idiom consists of:
 *
 *     # label | flags
 *     --- path of a module that it imports (`names.ts`, or `package/index.ts` for a package)
 *     the module
 *     ---
 *     statements
 *     => the expression that has the value
 *
 * `@word` is an identifier that is unique in each use of the idiom. `<kind>` is the place of an expression of
 * that kind; its statements run before those of the idiom. `<<kind>>` is the body of a function that returns such a
 * value, and `<<async kind>>` that of an async function. Idioms of the kind `action` have no value.
 *
 * The flags: `await` for an idiom that fits only into an async function, `unknown` for a name that a reader
 * of the program cannot know, `open` for one that the analysis is known to miss.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/root.ts";

const FOLDER = join(ROOT, "test/torture/references/grammar");

/** A place in an idiom's text that another idiom fills. */
export interface Hole {
	readonly kind: string;
	/**
	 * Whether it is the body of a function and may use `await`. An expression may not, but its statements
	 * may.
	 */
	readonly body: "none" | "sync" | "async";
	/**
	 * Whether it is in a separate module of the idiom. Such code does not use `await`, because a CommonJS
	 * module cannot.
	 */
	readonly inModule: boolean;
}

/** A piece of text, an identifier, or the number of a hole. */
export type Part = string | { readonly identifier: string } | { readonly hole: number };

export interface Idiom {
	readonly kind: string;
	readonly label: string;
	readonly waits: boolean;
	readonly isUnknown: boolean;
	/** Whether the analysis is known to miss its names. Then it is not used in programs. */
	readonly isOpen: boolean;
	readonly holes: readonly Hole[];
	/** Paths of modules, as in the grammar, with their texts. */
	readonly modules: readonly (readonly [path: string, text: readonly Part[]])[];
	readonly statements: readonly Part[];
	readonly expression: readonly Part[];
}

/** The idioms of each kind. */
export type Grammar = ReadonlyMap<string, readonly Idiom[]>;

const PLACE = /<<(async )?(\w+)>>|<(\w+)>|@(\w+)/g;

/** Divides a text into parts, and adds its holes to those of the idiom. */
function partsOf(text: string, kinds: ReadonlySet<string>, holes: Hole[], inModule = false): Part[] {
	const parts: Part[] = [];
	let end = 0;
	for (const match of text.matchAll(PLACE)) {
		const [whole, isAsync, body, kind = body, identifier] = match;
		if (kind !== undefined && !kinds.has(kind)) continue;
		parts.push(text.slice(end, match.index));
		end = match.index + whole.length;
		if (kind === undefined) parts.push({ identifier: identifier ?? "" });
		else {
			parts.push({ hole: holes.length });
			holes.push({ kind, body: body === undefined ? "none" : isAsync ? "async" : "sync", inModule });
		}
	}
	return [...parts, text.slice(end)];
}

function readIdiom(kind: string, block: string, kinds: ReadonlySet<string>): Idiom {
	const lines = block.trimEnd().split("\n");
	const [label = "", flags = ""] = (lines.shift() ?? "").split(" | ");
	const expression = lines.at(-1)?.startsWith("=> ") ? (lines.pop() ?? "").slice("=> ".length) : "";
	const text = lines.join("\n");
	const words = flags.split(" ");
	const [first = "", ...sections] = text.split(/^---(?: (.+))?\n/m);
	const holes: Hole[] = [];
	const modules: [string, Part[]][] = [];
	let statements = first;
	for (let at = 0; at < sections.length; at += 2) {
		const [path = "", content = ""] = [sections[at], sections[at + 1]];
		if (path === "") statements = content;
		else modules.push([path, partsOf(content, kinds, holes, true)]);
	}
	return {
		kind,
		label,
		waits: words.includes("await"),
		isUnknown: words.includes("unknown"),
		isOpen: words.includes("open"),
		holes,
		modules,
		statements: partsOf(statements.trim(), kinds, holes),
		expression: partsOf(expression, kinds, holes),
	};
}

/** Reads `grammar/KIND.txt` or `grammar/KIND-PART.txt` for each kind. */
export function readGrammar(): Grammar {
	const files = readdirSync(FOLDER)
		.map((file) => file.replace(/\.txt$/, ""))
		.sort();
	const kindOf = (file: string) => /^\w+/.exec(file)?.[0] ?? "";
	const kinds = new Set(files.map(kindOf));
	const grammar = new Map<string, Idiom[]>();
	for (const file of files) {
		const kind = kindOf(file);
		const [, ...blocks] = `\n${readFileSync(join(FOLDER, `${file}.txt`), "utf8")}`.split(/^# /m);
		const idioms = blocks.map((block) => readIdiom(kind, block, kinds));
		grammar.set(kind, [...(grammar.get(kind) ?? []), ...idioms]);
	}
	return grammar;
}
