/** Runs all checks of `coffer doctor`, and mends what can be mended without a risk. */
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder, findRoot, fromHere } from "../../project/files/project-root.ts";
import { type Environment, inheritedEnvironment } from "../shell/process-environment.ts";
import { count } from "../shell/render.ts";
import type { Check, Fixable } from "./check.ts";
import { checkIdentity, checkKeychain } from "./device.ts";
import { checkPermissions, checkPlaintext } from "./files.ts";
import { checkGit } from "./git.ts";
import { checkCompletion, checkDeno, checkPackages, installationFolder } from "./installation.ts";
import { checkHiddenVault, checkVault } from "./vault.ts";

export interface Diagnosis {
	/** The project's folder; null outside a project. */
	readonly project: string | null;
	readonly checks: readonly Check[];
	/** How many checks have each state. */
	readonly ok: number;
	readonly warnings: number;
	readonly failures: number;
}

async function allChecks(root: string | undefined, environment: Environment): Promise<Fixable[]> {
	const installation = installationFolder();
	const place = { folder: currentFolder(), variables: inheritedEnvironment() };
	const program = { script: join(installation, "bin", "run.js"), node: process.execPath };
	const device = checkIdentity(environment);
	const ofProject = async (): Promise<Fixable[]> => {
		if (root === undefined) return checkHiddenVault(currentFolder());
		const { checkLinks } = await import("./platform.ts");
		const [{ identity }, links] = await Promise.all([device, checkLinks(root, environment)]);
		return [...(await checkVault(root, identity, environment)), ...links];
	};
	// They wait for other programs most of the time.
	const parts = await Promise.all([
		checkKeychain(environment),
		device.then(({ check }) => check),
		ofProject().then((checks) => madeForHere(checks, root)),
		checkGit(place, root, program).then((checks) => madeForHere(checks, root)),
		checkPermissions(root, environment.stateDirectory),
		root === undefined
			? []
			: checkPlaintext({ ...place, folder: root }).then((checks) => madeForHere(checks, root)),
		checkPackages(installation),
		checkDeno(environment),
		checkCompletion(),
	]);
	return parts.flat();
}

/** Remedies that do the same in every folder below the project's, or that must change the user's own shell. */
const ANYWHERE = /^(unset |export |coffer [^&]*$)/;

/** Makes the remedies of a project work from the user's folder, which may be below the project's. */
function madeForHere(checks: readonly Fixable[], root: string | undefined): Fixable[] {
	if (root === undefined) return [...checks];
	return checks.map((check) => {
		const { remedy } = check;
		if (remedy === null || ANYWHERE.test(remedy)) return check;
		return { ...check, remedy: fromHere(remedy, root) };
	});
}

/** Mends a fault. @returns the check without its fault, or with the reason why it stays */
async function mend({ fix, ...check }: Fixable): Promise<Check> {
	if (!fix) return check;
	try {
		return { ...check, state: "ok", remedy: null, fixed: await fix() };
	} catch (error) {
		if (!(error instanceof AppError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
		const why = error instanceof AppError ? error.message : `(${(error as NodeJS.ErrnoException).code})`;
		return { ...check, text: `${check.text} It could not be mended: ${why}` };
	}
}

/**
 * Examines this device, and the project around the working folder if there is one.
 * @param fix whether to mend what can be mended without a risk
 */
export async function examine(environment: Environment, fix: boolean): Promise<Diagnosis> {
	const root = findRoot(currentFolder());
	const checks: Check[] = [];
	for (const each of await allChecks(root, environment)) {
		const { fix: _, ...check } = each;
		// One after the other: two of them may change the same file.
		checks.push(fix ? await mend(each) : check);
	}
	const counted = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
	return {
		project: root ?? null,
		checks,
		ok: counted("ok"),
		warnings: counted("warning"),
		failures: counted("failure"),
	};
}

/** @throws AppError `UNHEALTHY` (exit 1) if there is a failure, with the diagnosis as its data */
export function requireHealthy(diagnosis: Diagnosis): void {
	if (diagnosis.failures === 0) return;
	throw new AppError({
		code: "UNHEALTHY",
		message: `${count(diagnosis.failures, "check")} failed.`,
		hint: "Run the command below each failure, and then coffer doctor again.",
		exit: EXIT.failure,
		data: diagnosis,
	});
}
