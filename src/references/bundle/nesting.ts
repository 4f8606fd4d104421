/**
 * A look at the code before it is parsed. The parser recurses natively, and code that nests too deeply ends
 * the whole process instead of failing; bundles are made from what strangers upload. This catches what
 * people can write by accident and the plain attacks. It cannot tell every division from a pattern, so
 * that a platform had better run the analysis in a process that may die.
 */

/** Brackets nest some 1,250 deep at this weight; the parser dies at about four times as much. */
const WEIGHT_MAX = 5000;
const BRACKET = 4;
/** Operators that nest to the right, by character; the others nest to the left, which costs little. */
const RIGHT = 1;
const LEFT = 0.2;
const RIGHT_OPERATORS = new Set([..."!~?=>"]);
const LEFT_OPERATORS = new Set([..."+-*%&|^<.:"]);
const NESTING_WORDS = new Set(["else", "typeof", "void", "delete", "await", "new", "yield"]);
/** After these a `/` begins a pattern. */
const BEFORE_PATTERN = new Set([
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

/** Says what is wrong with code that nests too deeply, or undefined. The time grows with its length. */
export function nestingFault(code: string): string | undefined {
	return new NestingScanner(code).run() ? undefined : "it nests too deeply.";
}

class NestingScanner {
	readonly #code: string;
	#at = 0;
	/** Open brackets; a template's `${` is kept as `$`. */
	readonly #brackets: string[] = [];
	/** The weight of the expression under way at each bracket, and of all together. */
	readonly #weights: number[] = [0];
	#total = 0;
	/** Whether a `/` here begins a pattern. */
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
		// A closing brace at the end of a line ends a statement; what follows begins anew.
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

	/** Skips text up to the end of a template or the next `${`. Called at the backtick or closing brace's end. */
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
		this.#expectsOperand = BEFORE_PATTERN.has(word);
		if (NESTING_WORDS.has(word)) this.#addWeight(RIGHT);
	}
}
