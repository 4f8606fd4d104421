/**
 * Recognises the code of zod in a bundle. The model of a schema holds for code that was examined, and for no other:
 * each statement of the files through which a parsed value goes has to be a known one.
 */
import type { SourceFiles } from "../../bundle/source-files.ts";
import type { Node } from "../../bundle/syntax.ts";
import type { SchemaFunction } from "../../engine/engine.ts";
import { KNOWN_STATEMENTS } from "./known-statements.ts";

/** The files of the versions 4 and 3 through which a parsed value goes, after the package's folder. */
const FILES =
	/^(.*\/)(v4\/(?:core\/(?:parse|core|util|doc|memoizer|compile|schemas)|(?:classic|mini)\/(?:schemas|parse))\.js|v3\/(?:types|ZodError|errors|helpers\/\w+)\.js|lib\/index\.mjs)$/;
/** The functions of the files with schemas, by name. */
const FUNCTIONS: Readonly<Record<string, SchemaFunction>> = {
	object: "make",
	extend: "extend",
	safeExtend: "extend",
	merge: "merge",
	pick: "same",
	omit: "same",
	partial: "same",
	required: "same",
};
/**
 * Words without which own code cannot give zod a function that gets the parsed value itself, or change how zod parses:
 * global error maps, subclasses, and the parts of schemas and prototypes.
 */
const CHANGES_ZOD =
	/setErrorMap|customError|localeError|memoizer|ZodType|ZodObject|prototype|_def\b|_zod\b|_parse\b|__proto__|setPrototypeOf/;

export class SchemaCode {
	readonly #program: Node;
	readonly #files: SourceFiles;
	readonly text: string;
	readonly #kinds = new Map<Node, SchemaFunction | undefined>();
	readonly #known = new Map<string, boolean>();
	#isUnchanged: boolean | undefined;

	/** @param code the text of the whole bundle */
	constructor(program: Node, files: SourceFiles, code: string) {
		this.#program = program;
		this.#files = files;
		this.text = code;
	}

	/** What a function of the bundle does, if it is a known one of zod. */
	kindOf(fn: Node): SchemaFunction | undefined {
		if (this.#kinds.has(fn)) return this.#kinds.get(fn);
		const named = kindByName(fn);
		const kind = named !== undefined && this.#isKnown(fn) ? named : undefined;
		this.#kinds.set(fn, kind);
		return kind;
	}

	/**
	 * The function that `ZodObject.create` is in version 3. Of the classes of packages, few properties are followed.
	 * @param member a read of a property
	 */
	makerAt(member: Node): Node | undefined {
		if (!isCreate(member) || !this.#isKnown(member)) return undefined;
		const root = this.#rootOf(member);
		for (const { type, expression } of this.#program.body as Node[]) {
			const isAssignment = type === "ExpressionStatement" && expression.type === "AssignmentExpression";
			if (isAssignment && isCreate(expression.left) && this.#rootOf(expression) === root)
				return expression.right;
		}
		return undefined;
	}

	#rootOf(node: Node): string | undefined {
		return FILES.exec(this.#files.at(node).file)?.[1];
	}

	#isKnown(fn: Node): boolean {
		if (!this.#files.isForeign(fn)) return false;
		const root = this.#rootOf(fn);
		if (root === undefined) return false;
		let known = this.#known.get(root);
		if (known === undefined) {
			known = this.#isZodUnchanged() && this.statementsOf(root).every((one) => KNOWN_STATEMENTS.has(one));
			this.#known.set(root, known);
		}
		return known;
	}

	/** The fingerprints of a package's statements in the files through which a parsed value goes. */
	statementsOf(root: string): string[] {
		const found: string[] = [];
		for (const statement of this.#program.body as Node[]) {
			if (!this.#files.isForeign(statement)) continue;
			if (this.#rootOf(statement) === root)
				found.push(fingerprint(this.text.slice(statement.start, statement.end)));
		}
		return found;
	}

	/** Whether the upload's own code surely changes nothing in zod. */
	#isZodUnchanged(): boolean {
		this.#isUnchanged ??= (this.#program.body as Node[]).every(
			(statement) =>
				this.#files.isDependency(statement) ||
				!CHANGES_ZOD.test(this.text.slice(statement.start, statement.end)),
		);
		return this.#isUnchanged;
	}
}

const baseName = (name: string) => name.replace(/\d+$/, "");

function kindByName(fn: Node): SchemaFunction | undefined {
	const { parent } = fn;
	if (fn.type === "FunctionDeclaration") {
		const name = baseName(fn.id?.name ?? "");
		return parent?.type === "Program" && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
	}
	if (fn.type !== "ArrowFunctionExpression") return undefined;
	if (parent?.type === "AssignmentExpression") return isCreate(parent.left) ? "make" : undefined;
	return isParser(fn) ? "parse" : undefined;
}

/** `ZodObject.create = …` */
function isCreate({ type, computed, property, object }: Node): boolean {
	return (
		type === "MemberExpression" &&
		!computed &&
		property.name === "create" &&
		/^_?ZodObject$/.test(baseName(object.name ?? ""))
	);
}

/** The function that `_parse` and its like return: `_parse = (Err) => (schema, value, …) => …`. */
function isParser(fn: Node): boolean {
	let outer = fn.parent;
	while (outer !== undefined && outer.type !== "ArrowFunctionExpression" && outer.type !== "Program")
		outer = outer.parent;
	const declarator = outer?.parent;
	return (
		declarator?.type === "VariableDeclarator" &&
		declarator.parent?.parent?.type === "Program" &&
		/^_(?:safeP|p)arse(?:Async)?$/.test(baseName(declarator.id.name ?? "")) &&
		(fn.params as Node[]).length >= 2
	);
}

/**
 * A short text that tells statements apart. Spaces, comments and the numbers that the bundler adds to names make no
 * difference.
 */
function fingerprint(text: string): string {
	const spelled = text
		.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
		.replace(/(?<=[A-Za-z_$])\d+\b/g, "")
		.replace(/\s+/g, "")
		// Some versions of esbuild put an arrow function in parentheses.
		.replace(/([:,=(])\(((?:\w+|\([\w,]*\))=>[^()]*(?:\([^()]*\))?[^()]*)\)/g, "$1$2")
		.replace(/^(var[\w$]+=)\(((?:\w+|\([\w,]*\))=>.*)\);$/, "$1$2;")
		// A property with the name of a variable is spelled twice where the variable got another name.
		.replace(/(?<![\w$.])([A-Za-z_$][\w$]*):\1(?![\w$(.])/g, "$1");
	let [high, low] = [0xdeadbeef, 0x41c6ce57];
	for (let at = 0; at < spelled.length; at++) {
		const unit = spelled.charCodeAt(at);
		high = Math.imul(high ^ unit, 2654435761);
		low = Math.imul(low ^ unit, 1597334677);
	}
	high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
	low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
	return (4294967296 * (0xffff & low) + (high >>> 0)).toString(36).padStart(10, "0").slice(-8);
}
