/**
 * Accepting a removal's debt: a writer states that a value may stay although somebody who was removed could read it. The
 * statement is a new version with the same value (docs/format.md, section 7), so the team shares it as it shares any value.
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
	/** Names that have a new version with the value that they had; sorted. */
	readonly accepted: readonly string[];
	/** What is still to be rotated. */
	readonly debt: readonly RemovalDebt[];
	readonly warnings: readonly string[];
}

/** The names that any removal's debt holds; sorted. */
export function owedNames(debts: readonly RemovalDebt[]): string[] {
	return [...new Set(debts.flatMap(({ names }) => names))].sort();
}

/** @throws AppError `DEBT_NOT_FOUND` (exit 4), naming every name that is not owed */
function requireOwed(owed: readonly string[], names: readonly string[], environment: string): void {
	const others = names.filter((name) => !owed.includes(name));
	if (others.length === 0) return;
	// What cannot be a name is not repeated: it may be a value, typed in the wrong place.
	const shown = [...new Set(others.map((name) => (isSecretName(name) ? name : "(not a valid name)")))];
	throw new AppError({
		code: "DEBT_NOT_FOUND",
		message: `No removal's debt in environment '${environment}': ${shown.join(", ")}. Nothing was accepted.`,
		hint:
			owed.length > 0
				? "'coffer members debt' lists what is owed."
				: "Nothing is owed: nobody who was removed could read a value of now.",
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
 * Accepts debts: each name gets a new version with its value, set in the present epoch.
 * @param names undefined for all that is owed
 * @throws AppError `NOT_A_WRITER` (exit 3), `DEBT_NOT_FOUND` (exit 4), `EPOCH_OLDER` or what a record is that does not hold
 *   (exit 7)
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
