/**
 * Packages to which the upload's own code passes the environment, such as `createEnv({ runtimeEnv: process.env })`.
 *
 * The code of such a package is analysed once more, like the upload's own code: every expression of it is evaluated, and
 * every value is followed. So nothing is lost that would not be lost in own code. The result counts if no access in the
 * own code or in these packages is dynamic. Otherwise the function is dynamic, as it was without them.
 */
import type { Node } from "./bundle/syntax.ts";
import type { Findings } from "./engine/findings.ts";
import { SchemaCode } from "./models/schemas/schema-code.ts";
import { recipientsOf } from "./recipients.ts";
import { type Bundle, isOwnIn, PRECISE, runDependencies, runOwn } from "./runs.ts";

/** The most characters of the packages. A larger one would use up the budget in vain. */
const LENGTH_MAX = 32 * 1024;
/** How often packages are added that get the environment from those before. */
const ROUNDS_MAX = 3;
const BUDGET = { ...PRECISE, stepsMax: 30_000 };

/**
 * Analyses the bundle again, with the packages that get the environment as own code.
 * @param code the text of the bundle
 * @param found what the analysis has found without the code of packages
 * @returns undefined if the function stays as it was found
 */
export function followPackages(bundle: Bundle, code: string, found: Findings): Findings | undefined {
	const { program, scopes, files } = bundle;
	const followed = new Set<string>();
	let last: Findings = found;
	let lastFiles = files;
	let calls: readonly Node[] | undefined;
	for (let round = 0; round < ROUNDS_MAX; round++) {
		const recipients = recipientsOf(last, scopes, lastFiles);
		if (recipients === undefined || recipients.units.size === 0) return undefined;
		calls ??= recipients.calls;
		for (const unit of recipients.units) followed.add(unit);
		if (lengthOf(bundle, followed) > LENGTH_MAX) return undefined;
		lastFiles = files.following(followed);
		const schemas = new SchemaCode(program, lastFiles, code);
		const own = runOwn({ program, scopes, files: lastFiles, schemas }, BUDGET, new Set());
		if (!own.isComplete) return undefined;
		last = own.engine.findings;
		if ([...last.dynamic.keys()].some(isOwnIn(own.engine))) continue;
		const known = own.replaced.size;
		runDependencies(own);
		if (own.replaced.size > known) return undefined;
		reportAtCalls(last, found, bundle, code, calls);
		return last;
	}
	return undefined;
}

function lengthOf({ program, files }: Bundle, units: ReadonlySet<string>): number {
	let length = 0;
	for (const statement of program.body as Node[])
		if (units.has(files.unitOf(statement) ?? "")) length += statement.end - statement.start;
	return length;
}

/** Names that the upload's own code spells, and that only a package reads, are reported at the own code's calls. */
function reportAtCalls(
	findings: Findings,
	before: Findings,
	{ program, files }: Bundle,
	code: string,
	calls: readonly Node[],
) {
	const own = (program.body as Node[])
		.filter((statement) => !files.isDependency(statement))
		.map(({ start, end }) => code.slice(start, end));
	for (const [name, nodes] of findings.references) {
		const isSpelled = own.some((text) => text.includes(name.replace("*", "")));
		const isOfPackage = before.references.has(name) && !isSpelled;
		if (isOfPackage || ![...nodes].every((node) => files.isDependency(node))) continue;
		findings.references.set(name, new Set(calls));
	}
}
