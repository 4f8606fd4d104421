/**
 * A check of the nesting depth of code before it is parsed.
 *
 * The parser is native and recursive. Code that nests too deeply overflows its stack, which ends the process instead of
 * throwing. Bundles are made from untrusted uploads, so the depth is estimated first. The estimate catches accidents
 * and plain attacks, and it cannot tell every division from a regular expression. A platform therefore runs the
 * analysis in a process that may end.
 */

/** About 1,250 nested brackets. The parser overflows at about four times as much. */
const WEIGHT_MAX = 5000;
const BRACKET = 4;
/** The weights of operators that associate to the right, which nest, and of all others, which cost little. */
const RIGHT = 1;
const LEFT = 0.2;
const RIGHT_OPERATORS = new Set([..."!~?=>"]);
const LEFT_OPERATORS = new Set([..."+-*%&|^<.:"]);
const NESTING_WORDS = new Set(["else", "typeof", "void", "delete", "await", "new", "yield"]);
/** A `/` after one of these words begins a regular expression. */
const BEFORE_REGEXP = new Set([
	"return",
	"typeof",
	"case",
	"in",
	"of",
	"delete",
	"void",
	"throw",
	"else",
	"await",
	"yield",
]);
const WORD = /[A-Za-z0-9_$\u0080-\uffff]+/y;

/** @returns the fault of code that nests too deeply, as the end of a message; undefined if there is none */
export function nestingFault(code: string): string | undefined {
	// No character weighs more than a bracket.
	if (code.length * BRACKET <= WEIGHT_MAX) return undefined;
	return new NestingScanner(code).run() ? undefined : "it nests too deeply.";
}

class NestingScanner {
	readonly #code: string;
	#at = 0;
	/** The open brackets. `$` stands for the `${` of a template. */
	readonly #brackets: string[] = [];
	/** The weight of the current expression at each open bracket. */
	readonly #weights: number[] = [0];
	/** The sum of `#weights`. */
	#total = 0;
	/** Whether an operand comes next, so that a `/` begins a regular expression. */
	#expectsOperand = true;

	constructor(code: string) {
		this.#code = code;
	}

	run(): boolean {
		while (this.#at < this.#code.length) {
			this.#token(this.#code[this.#at] as string);
			if (this.#total > WEIGHT_MAX) return false;
		}
		return true;
	}

	#token(char: string): void {
		if (char === " " || char === "\n" || char === "\t" || char === "\r") this.#at++;
		else if (char === '"' || char === "'") this.#quoted(char);
		else if (char === "`") this.#template();
		else if (char === "/") this.#slash();
		else if (char === "(" || char === "[" || char === "{") this.#openBracket(char);
		else if (char === ")" || char === "]" || char === "}") this.#closeBracket(char);
		else if (char === ";" || char === ",") this.#endExpression();
		else if (RIGHT_OPERATORS.has(char) || LEFT_OPERATORS.has(char)) {
			this.#addWeight(RIGHT_OPERATORS.has(char) ? RIGHT : LEFT);
			this.#advance(true);
		} else this.#word();
	}

	#advance(expectsOperand: boolean): void {
		this.#at++;
		this.#expectsOperand = expectsOperand;
	}

	#addWeight(weight: number): void {
		const last = this.#weights.length - 1;
		this.#weights[last] = (this.#weights[last] ?? 0) + weight;
		this.#total += weight;
	}

	#endExpression(): void {
		this.#total -= this.#weights[this.#weights.length - 1] ?? 0;
		this.#weights[this.#weights.length - 1] = 0;
		this.#advance(true);
	}

	#openBracket(bracket: string): void {
		this.#brackets.push(bracket);
		this.#weights.push(BRACKET);
		this.#total += BRACKET;
		this.#advance(true);
	}

	#closeBracket(bracket: string): void {
		const opened = this.#brackets.pop();
		if (opened !== undefined) this.#total -= this.#weights.pop() ?? 0;
		this.#advance(false);
		if (opened === "$") {
			this.#template();
			return;
		}
		// A closing brace at the end of a line ends a statement, and with it the weight of its expressions.
		if (bracket === "}" && (this.#code[this.#at] === "\n" || this.#at === this.#code.length))
			this.#endExpression();
	}

	#quoted(quote: string): void {
		let at = this.#at + 1;
		while (at < this.#code.length && this.#code[at] !== quote && this.#code[at] !== "\n") {
			at += this.#code[at] === "\\" ? 2 : 1;
		}
		this.#at = at;
		this.#advance(false);
	}

	/**
	 * Skips the text of a template up to its end or to the next `${`. Called at the opening backtick, and after the `}` of
	 * a `${…}`.
	 */
	#template(): void {
		if (this.#code[this.#at] === "`" && this.#brackets.at(-1) !== "`") {
			this.#brackets.push("`");
			this.#weights.push(BRACKET);
			this.#total += BRACKET;
			this.#at++;
		}
		while (this.#at < this.#code.length) {
			const char = this.#code[this.#at];
			if (char === "\\") this.#at += 2;
			else if (char === "$" && this.#code[this.#at + 1] === "{") {
				this.#at++;
				this.#openBracket("$");
				return;
			} else if (char === "`") {
				this.#closeBracket("`");
				return;
			} else this.#at++;
		}
	}

	#slash(): void {
		const next = this.#code[this.#at + 1];
		if (next === "/" || next === "*") {
			const end = this.#code.indexOf(next === "/" ? "\n" : "*/", this.#at + 2);
			this.#at = end < 0 ? this.#code.length : end + (next === "/" ? 1 : 2);
			return;
		}
		if (!this.#expectsOperand) {
			this.#addWeight(LEFT);
			this.#advance(true);
			return;
		}
		let inClass = false;
		let at = this.#at + 1;
		for (; at < this.#code.length && this.#code[at] !== "\n"; at++) {
			const char = this.#code[at];
			if (char === "\\") at++;
			else if (char === "[") inClass = true;
			else if (char === "]") inClass = false;
			else if (char === "/" && !inClass) break;
		}
		this.#at = at;
		this.#advance(false);
	}

	#word(): void {
		WORD.lastIndex = this.#at;
		const word = WORD.exec(this.#code)?.[0];
		if (word === undefined) {
			this.#advance(true);
			return;
		}
		this.#at += word.length;
		this.#expectsOperand = BEFORE_REGEXP.has(word);
		if (NESTING_WORDS.has(word)) this.#addWeight(RIGHT);
	}
}
