/** Runs `coffer doctor`, and the commands that it prints. */
import { expect } from "vitest";
import type { Diagnosis } from "../../../src/cli/doctor/examine.ts";
import { runLine } from "./hints.ts";
import { newProject, type Project } from "./project.ts";

type Found = Diagnosis & { readonly status: number | null };

/** A project in a git repository, with one secret. */
export async function repository(): Promise<Project> {
	const project = await newProject();
	await project.git("init", "--quiet");
	await project.ok(["secrets", "set", "A=first"]);
	return project;
}

/** Examines a project. */
export async function doctor(project: Project, ...flags: readonly string[]): Promise<Found> {
	const { status, stdout } = await project.kept(["doctor", "--json", ...flags]);
	return { ...(JSON.parse(stdout) as Diagnosis), status };
}

/** The checks of one kind: `STATE TEXT`. */
export function textsOf({ checks }: Diagnosis, check: string): string[] {
	return checks.filter((one) => one.check === check).map(({ state, text }) => `${state} ${text}`);
}

export function remedyOf({ checks }: Diagnosis, check: string): string {
	const remedy = checks.find((one) => one.check === check && one.remedy !== null)?.remedy;
	if (remedy === undefined || remedy === null) throw new Error(`There is no remedy of '${check}'.`);
	return remedy;
}

/** Whether all checks of one kind are in order. */
function isMended({ checks }: Diagnosis, check: string): boolean {
	const ofKind = checks.filter((one) => one.check === check);
	return ofKind.every(({ state }) => state === "ok");
}

/** The remedies of all faults of one kind, in the order in which they are printed. */
function remediesOf({ checks }: Diagnosis, check: string): string {
	const remedies = checks.flatMap((one) => (one.check === check && one.remedy !== null ? [one.remedy] : []));
	if (remedies.length === 0) throw new Error(`There is no remedy of '${check}'.`);
	return remedies.join(" && ");
}

/**
 * Runs the remedies of a check in a shell as they are printed, and examines the project again in the same shell.
 * @param input what is typed
 */
export async function mended(
	project: Project,
	found: Diagnosis,
	check: string,
	input?: string,
): Promise<Diagnosis> {
	expect(isMended(found, check)).toBe(false);
	const line = `${remediesOf(found, check)} && { coffer doctor --json || true; }`;
	const output = await runLine(project, line, input);
	const document = output.split("\n").find((each) => each.startsWith('{"project"'));
	const after = JSON.parse(document ?? "{}") as Diagnosis;
	expect(after.checks.filter((one) => one.check === check && one.state !== "ok")).toEqual([]);
	return after;
}
