/** Lexical scopes: which declaration an identifier refers to. */

import { type Binding, NO_USES, type Uses } from "./names.ts";
import { type ProgramPart, partAt } from "./program-part.ts";
import { ScopePart } from "./scope-part.ts";
import type { Node } from "./syntax.ts";

/** The scopes of a program. Those of its parts are collected once for all programs that have the part. */
export class Scopes {
	/** Nodes at which an analysis starts, by type. */
	readonly metaProperties: readonly Node[];
	/** Calls of an identifier with a literal as first argument, as `require("process")` is. */
	readonly calls: readonly Node[];
	readonly importSpecifiers: readonly Node[];
	readonly dynamicImports: readonly Node[];
	/** Reads of properties that may lead to the constructor of functions. */
	readonly constructorReads: readonly Node[];
	readonly #parts: readonly ProgramPart[];
	/** The collected parts, from the last to the first: the order in which one pass over the program meets them. */
	readonly #collected: readonly ScopePart[];
	readonly #topLevel = new Map<string, Binding>();
	readonly #uses = new Map<string, Uses>();

	/** @param parts the parts of the program, in order */
	constructor(program: Node, parts: readonly ProgramPart[] = [partAt(0, program.body as Node[])]) {
		for (const statement of program.body as Node[]) statement.parent = program;
		this.#parts = parts;
		const collected = parts.map((part) => {
			part.scopes ??= new ScopePart(part.statements);
			return part.scopes;
		});
		this.#collected = collected.reverse();
		this.metaProperties = collected.flatMap((part) => part.metaProperties);
		this.calls = collected.flatMap((part) => part.calls);
		this.importSpecifiers = collected.flatMap((part) => part.importSpecifiers);
		this.dynamicImports = collected.flatMap((part) => part.dynamicImports);
		this.constructorReads = collected.flatMap((part) => part.constructorReads);
		for (const part of collected) this.#declare(program, part);
	}

	#declare(program: Node, part: ScopePart) {
		for (const [name, identifiers] of part.topLevel()) {
			const binding = this.#topLevel.get(name);
			if (binding === undefined)
				this.#topLevel.set(name, { name, scope: program, declarations: [...identifiers] });
			else binding.declarations.push(...identifiers);
		}
	}

	/** The binding that an identifier refers to; undefined for a global. */
	resolve(identifier: Node): Binding | undefined {
		const part = this.#partOf(identifier);
		const local = part.resolve(identifier);
		if (local !== undefined) return local;
		// A static key or a label has no parent, and refers to nothing.
		const isReference = identifier.parent !== undefined || part.isDeclaration(identifier);
		return isReference ? this.#topLevel.get(identifier.name as string) : undefined;
	}

	/** Whether an identifier declares a name. */
	isDeclaration(identifier: Node): boolean {
		return this.#partOf(identifier).isDeclaration(identifier);
	}

	/** The identifiers that read and write a binding. */
	uses(binding: Binding): Uses {
		if (binding.scope.type !== "Program") return this.#partOf(binding.scope).uses(binding);
		return this.#topLevelUses(binding.name);
	}

	/** The identifiers that read a global. */
	freeReads(name: string): readonly Node[] {
		return this.#topLevel.has(name) ? [] : this.#topLevelUses(name).reads;
	}

	/** The identifiers that read a name which the program declares at its top level. */
	*topLevelReads(name: RegExp): Generator<Node> {
		for (const declared of this.#topLevel.keys())
			if (name.test(declared)) yield* this.#topLevelUses(declared).reads;
	}

	#topLevelUses(name: string): Uses {
		let uses = this.#uses.get(name);
		if (uses === undefined) {
			const found: Uses[] = [];
			for (const part of this.#collected) {
				const ofPart = part.freeUses(name);
				if (ofPart !== NO_USES) found.push(ofPart);
			}
			const [only = NO_USES] = found;
			uses =
				found.length <= 1
					? only
					: { reads: found.flatMap(({ reads }) => reads), writes: found.flatMap(({ writes }) => writes) };
			this.#uses.set(name, uses);
		}
		return uses;
	}

	/** The part that a node is in, by the node's position. */
	#partOf(node: Node): ScopePart {
		let low = 0;
		let high = this.#parts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((this.#parts[middle] as ProgramPart).start <= node.start) low = middle;
			else high = middle - 1;
		}
		return this.#collected[this.#parts.length - 1 - low] as ScopePart;
	}
}
