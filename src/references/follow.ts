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
import { isDynamicAnyway, recipientsOf } from "./recipients.ts";
import { type Bundle, isOwnIn, MIDDLE, type OwnBudget, PRECISE, runDependencies, runOwn } from "./runs.ts";

/** The most characters of the packages. A larger one would use up the budgets in vain. */
const LENGTH_MAX = 32 * 1024;
/** How often packages are added that get the environment from those before. */
const ROUNDS_MAX = 3;
/** The second one is for packages that pass functions on and on: it distinguishes no calls, and needs fewer steps. */
const BUDGETS: readonly OwnBudget[] = [
	{ ...PRECISE, contextsMax: 5, stepsMax: 200_000 },
	{ ...MIDDLE, stepsMax: 120_000 },
];

/**
 * Analyses the bundle again, with the packages that get the environment as own code.
 * @param code the text of the bundle
 * @param found what the analysis has found without the code of packages
 * @returns undefined if the function stays as it was found
 */
export function followPackages(bundle: Bundle, code: string, found: Findings): Findings | undefined {
	for (const budget of BUDGETS) {
		const followed = followWithin(budget, bundle, code, found);
		if (followed !== undefined) return followed;
	}
	return undefined;
}

function followWithin(
	budget: OwnBudget,
	bundle: Bundle,
	code: string,
	found: Findings,
): Findings | undefined {
	const { program, scopes, files } = bundle;
	const followed = new Set<string>();
	let last: Findings = found;
	let lastFiles = files;
	let calls: readonly Node[] | undefined;
	for (let round = 0; round < ROUNDS_MAX; round++) {
		const recipients = recipientsOf(last, scopes, lastFiles);
		const added = [...(recipients?.units ?? [])].filter((unit) => !followed.has(unit));
		if (recipients === undefined || added.length === 0) return undefined;
		calls ??= recipients.calls;
		for (const unit of added) followed.add(unit);
		if (lengthOf(bundle, followed) > LENGTH_MAX) return undefined;
		const current = files.following(followed);
		lastFiles = current;
		const schemas = new SchemaCode(program, current, code);
		const isInVain = (findings: Findings) => isDynamicAnyway(findings, scopes, current);
		const own = runOwn({ program, scopes, files: current, schemas }, budget, new Set(), isInVain);
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
