/** Verifies the header of an environment (both membership chains) that a client sends. Pure. */
import { AppError, EXIT } from "../../errors.ts";
import type { Header } from "../../protocol/change.ts";
import { parseLink } from "../../vault/chains/chain.ts";
import { type EnvironmentState, verifyEnvironment } from "../../vault/chains/membership.ts";
import { type RootState, verifyRoot } from "../../vault/chains/vault-chain.ts";

export interface VerifiedHeader {
	readonly text: Header;
	readonly root: RootState;
	readonly environment: EnvironmentState;
}

/**
 * Verifies both chains from their first links.
 * @param place the vault and environment that the app is linked with
 * @throws AppError exit 7 for any fault of the chains. The line it names is the link's position in its chain,
 * from 1.
 */
export function verifyHeader(place: { vaultId: string; environment: string }, text: Header): VerifiedHeader {
	const links = (chain: readonly string[]) => chain.map((link, index) => parseLink(link, index + 1));
	const root = verifyRoot(place.vaultId, links(text.vault));
	return { text, root, environment: verifyEnvironment(root, place.environment, links(text.environment), 1) };
}

function continues(chain: readonly string[], before: readonly string[]): boolean {
	return chain.length >= before.length && before.every((link, index) => chain[index] === link);
}

/**
 * Checks that a header is the current one, with or without new links at its end. If two clients change the members at
 * the same time, the later change is stale and is merged first. So this check only fails for a client that was altered,
 * or that does not merge.
 * @throws AppError `HEADER_DIVERGED` (exit 7)
 */
export function checkContinues(header: Header, before: Header): void {
	if (continues(header.vault, before.vault) && continues(header.environment, before.environment)) return;
	throw new AppError({
		code: "HEADER_DIVERGED",
		message:
			"The membership chains in the change do not continue those in the app's log: a link is missing or another one is in its place. Nothing was stored.",
		hint: "Get the app's log first, and add new links after its last ones. 'coffer sync' does this. If 'coffer sync' shows this error, 'coffer vault verify' compares the vault with the log.",
		exit: EXIT.integrity,
	});
}
