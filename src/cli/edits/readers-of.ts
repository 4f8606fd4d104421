/** Finds the functions of the project that read a name, for a command that takes the name away. */
import { AppError } from "../../errors.ts";
import { discoverFunctions } from "../../project/functions/discover.ts";
import type { Environment } from "../shell/process-environment.ts";

/** A read of the name. Stable: other programs rely on it. */
export interface Reader {
	function: string;
	file: string;
	/** 1-based. */
	line: number;
}

export interface Readers {
	/** One entry a function: its first read that names the secret. Sorted by function. */
	readonly readers: readonly Reader[];
	/** Sentences about functions that could not be analysed, and about those that compute names. */
	readonly notes: readonly string[];
}

/**
 * Analyses the sources of the project's functions. Nothing is loaded for a project without functions. A failure is a
 * note, because the command does not depend on it.
 */
export async function readersOf(root: string, name: string, environment: Environment): Promise<Readers> {
	try {
		if ((await discoverFunctions(root)).length === 0) return { readers: [], notes: [] };
		const [{ projectReferences }, { plan }] = await Promise.all([
			import("../context/local-references.ts"),
			import("../../references/plan/plan.ts"),
		]);
		const { functions } = await projectReferences([], environment);
		const failed = functions.filter(({ error }) => error !== undefined).map((one) => one.name);
		const changes = [{ name, kind: "deleted" as const }];
		const { redeploy } = plan({ functions, changes });
		const readers = redeploy.flatMap(({ function: reader, reasons }) => {
			const named = reasons.find(({ how }) => how !== "dynamic");
			return named === undefined ? [] : [{ function: reader, file: named.file, line: named.line }];
		});
		const known = new Set([...failed, ...readers.map((one) => one.function)]);
		const dynamic = redeploy.map((one) => one.function).filter((one) => !known.has(one));
		const notes = [
			...(failed.length === 0 ? [] : [`These functions could not be analysed: ${failed.join(", ")}.`]),
			...(dynamic.length === 0
				? []
				: [`These functions compute names, so they may read ${name}: ${dynamic.join(", ")}.`]),
		];
		return { readers, notes };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return { readers: [], notes: [`The functions were not searched for reads of ${name}: ${error.message}`] };
	}
}
