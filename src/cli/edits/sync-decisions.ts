/** Decides which side wins if a sync cannot decide: by `--take`, or by a question on the terminal. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import type { SideChooser } from "../../sync/changes/merge-with-log.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { promptChoice } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";
import { noteSides, type SyncSides } from "../sides/sync-sides.ts";
import { listNames } from "../views/edit-result.ts";
import { servingClause } from "../views/redeploy-lines.ts";

/**
 * The decision of `--take`, or undefined without the flag.
 * @throws AppError `USAGE`, `NAME_INVALID` (exit 2)
 */
export function parseTake(side: string | undefined, names: readonly string[]): SideChooser | undefined {
	if (side === undefined && names.length > 0) {
		throw new AppError({
			code: "USAGE",
			message: "Names need --take.",
			hint: "coffer sync --take local|platform [NAME...]",
			exit: EXIT.usage,
		});
	}
	if (side !== "local" && side !== "platform") return undefined;
	if (!names.every(isSecretName)) {
		throw new AppError({
			code: "NAME_INVALID",
			message: "One of the names after --take is not a valid name.",
			hint: "Give only the names of secrets, without values.",
			exit: EXIT.usage,
		});
	}
	return (name) => (names.length === 0 || names.includes(name) ? side : undefined);
}

/** The names of a `SYNC_CONFLICT` error, which both sides changed; undefined for any other error. */
export function conflictsOf(error: unknown): readonly string[] | undefined {
	if (!(error instanceof AppError) || error.code !== "SYNC_CONFLICT") return undefined;
	return error.names;
}

/**
 * Asks for each secret that both sides changed which value is right.
 * @returns undefined if the user decided nothing
 */
export async function decideConflicts(
	sides: readonly SyncSides[],
	terminal: Terminal,
): Promise<SideChooser | undefined> {
	const answers = new Map<string, "local" | "platform">();
	for (const { name, here, there } of sides) {
		const side = await promptChoice(
			terminal,
			`${name} was changed in this vault and on the platform. Which value is right?`,
			[
				{ value: "local", label: `this vault: ${here}`, hint: "send it as a new version" },
				{ value: "platform", label: `platform: ${there}`, hint: "write it to this vault" },
				{ value: "none", label: "decide later" },
			],
			"coffer sync --take local|platform",
		);
		if (side !== "none") answers.set(name, side);
	}
	return answers.size === 0 ? undefined : (name) => answers.get(name);
}

/** Asks what to do with secrets that are older in the vault, or absent. Undefined without a terminal. */
export async function decideRolledBack(
	sides: readonly SyncSides[],
	terminal: Terminal,
): Promise<SideChooser | undefined> {
	if (!terminal.interactive) return undefined;
	const names = sides.map(({ name }) => name);
	terminal.note("The vault has older versions than the platform, or no longer has:");
	noteSides(sides, "platform", terminal);
	const side = await promptChoice(
		terminal,
		"A switch to another git branch can cause this. Which values are right?",
		[
			{ value: "platform", label: "the platform's values", hint: "write them to this vault" },
			{ value: "local", label: "this vault's values", hint: "send them as new versions" },
			{ value: "none", label: "decide later" },
		],
		"coffer sync --take local|platform",
	);
	return side === "none" ? undefined : (name) => (names.includes(name) ? side : undefined);
}

/** @throws AppError `SYNC_ROLLED_BACK` (exit 5) if a name is still undecided, `REDEPLOY_FAILED` (exit 1) */
export function failOnRolledBack(result: {
	environment: string;
	pending: readonly string[];
	redeployed: readonly RedeployResult[];
}): void {
	if (result.pending.length > 0) {
		throw new AppError({
			code: "SYNC_ROLLED_BACK",
			message: `The vault has older versions than the platform, or no longer has: ${listNames(result.pending)}. The cause is a switch to another git branch, or a roll-back of the file.`,
			hint: `To write the platform's values to this vault: ${inEnvironment("coffer sync --take platform", result.environment)}. To send this vault's values as new versions: ${inEnvironment("coffer sync --take local", result.environment)}.`,
			exit: EXIT.conflict,
			names: result.pending,
			data: result,
		});
	}
	const failed = result.redeployed.filter(({ status }) => status === "failed");
	if (failed.length === 0) return;
	const names = listNames(failed.map((redeploy) => redeploy.function));
	const logs = inEnvironment("coffer functions logs NAME", result.environment);
	throw new AppError({
		code: "REDEPLOY_FAILED",
		message: `Synced, but ${names} did not start; ${servingClause(failed)}.`,
		hint: `Fix the value and set it again, or fix the function and deploy it. '${logs}' shows why it failed.`,
		exit: EXIT.failure,
		data: result,
	});
}
