/**
 * Accepts removal debt: a writer confirms that a value may stay although a removed member could read it. The statement
 * is a new version with the same value (docs/format.md, section 7), so it reaches the team like any other value.
 */
import { AppError, EXIT } from "../../errors.ts";
import { verifyChains, withRecords } from "../../vault/document/document.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { requireEditable } from "../secrets/edit-secrets.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";

export interface DebtAccepted {
	/** Names that got a new version with their current value; sorted. */
	readonly accepted: readonly string[];
	/** The debt that is left. */
	readonly debt: readonly RemovalDebt[];
	readonly warnings: readonly string[];
}

/** The names in any removal's debt; sorted. */
export function owedNames(debts: readonly RemovalDebt[]): string[] {
	return [...new Set(debts.flatMap(({ names }) => names))].sort();
}

/** @throws AppError `DEBT_NOT_FOUND` (exit 4) that lists every name without debt */
function requireOwed(owed: readonly string[], names: readonly string[], environment: string): void {
	const others = names.filter((name) => !owed.includes(name));
	if (others.length === 0) return;
	// An invalid name is not repeated: it may be a value that was typed in the wrong place.
	const shown = [...new Set(others.map((name) => (isSecretName(name) ? name : "(not a valid name)")))];
	throw new AppError({
		code: "DEBT_NOT_FOUND",
		message: `No removal debt in environment '${environment}': ${shown.join(", ")}. Nothing was accepted.`,
		hint:
			owed.length > 0
				? "'coffer members debt' lists the debt."
				: "There is no debt: no removed member could read a current value.",
		exit: EXIT.notFound,
	});
}

function acceptedRecords(session: VaultSession, names: readonly string[]): SealedRecord[] {
	const { context, keys, verified } = session;
	return names.map((name) =>
		sealRecord(verified.state, keys, context.identity, {
			name,
			version: session.nextVersion(name),
			value: session.value(name),
		}),
	);
}

/**
 * Accepts debt: each name gets a new version with its current value, set in the current epoch.
 * @param names undefined for all names with debt
 * @throws AppError `NOT_A_WRITER` (exit 3), `DEBT_NOT_FOUND` (exit 4), `EPOCH_OLDER` and the errors of invalid
 *   records (exit 7)
 */
export async function acceptDebt(
	context: SessionContext,
	names: readonly string[] | undefined,
): Promise<DebtAccepted> {
	const { environment } = context;
	return editEnvironment(context, (session, { document: before }) => {
		requireEditable(session);
		const owed = owedNames(removalDebt(session.verified));
		if (names !== undefined) requireOwed(owed, names, environment);
		const accepted = names === undefined ? owed : [...new Set(names)].sort();
		const written = acceptedRecords(session, accepted);
		const document = withRecords(before, environment, written);
		const debt = removalDebt(verifyChains(document, environment));
		return { document, written, result: { accepted, debt, warnings: session.warnings } };
	});
}
