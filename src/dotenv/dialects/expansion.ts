/** How readers replace `$NAME` in values. No rule asks the environment: what comes from it is reported as needed. */

/** A value with its variables replaced. */
export interface Expanded {
	readonly value: string;
	/** Names that come from the environment of the reader's process. */
	readonly needs: readonly string[];
	/** Whether the reader runs a program (`$(…)`). Then the value is not known. */
	readonly runs: boolean;
	/** Whether it was read without expansion, as a value in single quotes. */
	readonly isLiteral?: boolean;
}

/** What the file sets for a name; undefined if it sets nothing. */
export type Lookup = (name: string) => Expanded | undefined;

export interface Expansion {
	/** Each value when it is read, or all once the file is read. */
	readonly when: "at once" | "at the end";
	/** @returns undefined if the reader refuses the file for it */
	expand(value: string, lookup: Lookup): Expanded | undefined;
}

/** Notes what a value takes from outside, also by way of other values of the file. */
export class Needs {
	readonly names = new Set<string>();
	readonly #lookup: Lookup;
	#runs = false;

	constructor(lookup: Lookup) {
		this.#lookup = lookup;
	}

	/** The value in the file. A name that the file lacks counts as needed. */
	get(name: string): string | undefined {
		const found = this.#lookup(name);
		if (found !== undefined) this.include(found);
		else if (name !== "") this.names.add(name);
		return found?.value;
	}

	/** Notes what a part of the value takes from outside. */
	include({ needs, runs }: Omit<Expanded, "value">): void {
		for (const name of needs) this.names.add(name);
		this.#runs ||= runs;
	}

	expanded(value: string, runs = false): Expanded {
		return { value, needs: [...this.names], runs: runs || this.#runs };
	}
}

/** Replaces each match once, from left to right. */
function inOnePass(
	pattern: RegExp,
	replace: (groups: readonly (string | undefined)[], needs: Needs) => string | undefined,
): Expansion {
	return {
		when: "at once",
		expand: (value, lookup) => {
			const needs = new Needs(lookup);
			let refuses = false;
			const result = value.replace(pattern, (...groups: string[]) => {
				const replaced = replace(groups, needs);
				refuses ||= replaced === undefined;
				return replaced ?? "";
			});
			return refuses ? undefined : needs.expanded(result);
		},
	};
}

/** Deno: `\$`, `${NAME}` (which may lack its brace at the end of the value) and `$NAME`. A `$` alone disappears. */
export const denoExpansion = inOnePass(
	/\\\$|\$\{([^}]*)(?:\}|$)|\$([A-Za-z0-9_]*)/g,
	([whole, braced, plain], needs) => (whole === "\\$" ? "$" : (needs.get(braced ?? plain ?? "") ?? "")),
);

/** godotenv: names of capitals, which the file sets before. The environment is not asked. */
export const godotenvExpansion: Expansion = {
	when: "at once",
	expand: (value, lookup) => {
		const pattern = /(\\)?\$(\()?\{?([A-Z0-9_]+)?\}?/g;
		const result = value.replace(pattern, (whole: string, escaped, parenthesis, name) => {
			if (escaped !== undefined || parenthesis !== undefined) return whole.slice(1);
			return name === undefined ? whole : (lookup(name)?.value ?? "");
		});
		return { value: result, needs: [], runs: false };
	},
};

const RUBY_COMMAND = /(\\)?\$\([^()]/;

/** Ruby's dotenv: `$NAME` and `${NAME}`, and `$(…)`, which it runs. */
export const rubyExpansion: Expansion = {
	when: "at once",
	expand: (value, lookup) => {
		const needs = new Needs(lookup);
		const result = value.replace(/(\\)?\$(?!\()\{?([A-Z0-9_]+)?\}?/gi, (whole: string, escaped, name) => {
			if (escaped !== undefined) return whole.slice(1);
			return name === undefined ? whole : (needs.get(name) ?? "");
		});
		return needs.expanded(result, RUBY_COMMAND.test(result));
	},
};

/** python-dotenv: `${NAME}` and `${NAME:-default}` alone. */
export const pythonExpansion = inOnePass(
	/\$\{([^}:]*)(?::-([^}]*))?\}/g,
	([, name = "", other = ""], needs) => needs.get(name) ?? other,
);

/** The names of one character that shells have. */
const SPECIAL = "*#$@!?-0123456789";

/** direnv: Go's `os.Expand`, with `${NAME:-default}`. What is no name between braces disappears. */
export const direnvExpansion = inOnePass(
	/\$(?:\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))?/g,
	([whole = "", braced, open, special, plain], needs) => {
		if (open !== undefined || braced === "") return "";
		const text = braced ?? special ?? plain;
		if (text === undefined) return whole;
		if (SPECIAL.includes(text)) return needs.get(text) ?? "";
		const at = text.indexOf(":-");
		return needs.get(at === -1 ? text : text.slice(0, at)) ?? (at === -1 ? "" : text.slice(at + 2));
	},
);

const COMPOSE =
	/\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*))?\})?)/gi;

/** compose: `$$`, `$NAME`, `${NAME}` and its forms with a default. A `${` that begins none of them is refused. */
export const composeExpansion: Expansion = {
	when: "at once",
	expand(value, lookup) {
		const needs = new Needs(lookup);
		let refuses = false;
		const replaced = value.replace(COMPOSE, (_, escaped, plain, braced, operator, text = "") => {
			if (escaped !== undefined) return "$";
			const name: string | undefined = plain ?? braced;
			if (name === undefined) {
				refuses = true;
				return "";
			}
			const found = needs.get(name);
			const isThere = operator?.startsWith(":") ? found !== undefined && found !== "" : found !== undefined;
			if (operator === undefined || operator.endsWith("?")) {
				refuses ||= operator !== undefined && !isThere;
				return found ?? "";
			}
			const other = composeExpansion.expand(text, lookup);
			if (other !== undefined) needs.include(other);
			if (operator.endsWith("+")) return isThere ? (other?.value ?? "") : "";
			return isThere ? (found ?? "") : (other?.value ?? "");
		});
		return refuses ? undefined : needs.expanded(replaced);
	},
};
