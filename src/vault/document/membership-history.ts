/**
 * The memberships of one environment, as the file, the commits of a repository and the log of a platform contain them.
 * They are the same chain at different lengths. A chain that diverges from it does not belong to this environment,
 * whoever signed it.
 */
import { AppError } from "../../errors.ts";
import { type Link, linkHash } from "../chains/chain.ts";
import { type EnvironmentState, verifyEnvironment } from "../chains/membership.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import { malformed } from "../syntax/syntax.ts";
import type { VerifiedEnvironment } from "./document.ts";
import { compareChain, type Pin } from "./version-marks.ts";

/** Both chains of an environment, as one version of the file, one commit or one log entry contains them. */
export interface ChainSnapshot {
	readonly vaultId: string;
	readonly vault: readonly Link[];
	readonly environment: readonly Link[];
}

type Hashes = Pick<Pin, "vault" | "environment">;

function hashesOf(chains: Pick<ChainSnapshot, "vault" | "environment">): Hashes {
	return { vault: chains.vault.map(linkHash), environment: chains.environment.map(linkHash) };
}

export class MembershipHistory {
	readonly #vaultId: string;
	readonly #environment: string;
	/** The pin of this device. It may be longer than every chain found. */
	readonly #pin: Hashes | undefined;
	/** The longest chains found so far. */
	#longest: Hashes;
	#newest: EnvironmentState;
	readonly #known = new Map<string, EnvironmentState | AppError>();

	/**
	 * @param present the environment in the file, verified and compared with the pin
	 * @param vaultLinks the vault's own chain in the file
	 */
	constructor(present: VerifiedEnvironment, vaultLinks: readonly Link[], pin: Pin | undefined) {
		this.#vaultId = present.state.vaultId;
		this.#environment = present.state.name;
		this.#pin = pin;
		this.#longest = hashesOf({ vault: vaultLinks, environment: present.section.links });
		this.#newest = present.state;
	}

	/** The membership after all links that were found. It says who is a writer now. */
	get newest(): EnvironmentState {
		return this.#newest;
	}

	/**
	 * Verifies chains and returns their membership, or the error if they are not valid. Chains that continue the longest
	 * ones become the newest membership. Each snapshot is verified once.
	 */
	stateOf(chains: ChainSnapshot): EnvironmentState | AppError {
		const key = [chains.vaultId, ...chains.vault, "", ...chains.environment]
			.map((part) => (typeof part === "string" ? part : part.text))
			.join("\n");
		const known = this.#known.get(key);
		if (known) return known;
		let state: EnvironmentState | AppError;
		try {
			state = this.#verify(chains);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			state = error;
		}
		this.#known.set(key, state);
		return state;
	}

	#verify(chains: ChainSnapshot): EnvironmentState {
		const { vault, environment } = chains;
		const isForeign =
			chains.vaultId !== this.#vaultId ||
			[this.#longest, this.#pin].some(
				(known) =>
					known &&
					(compareChain(known.vault, vault) === "diverged" ||
						compareChain(known.environment, environment) === "diverged"),
			);
		if (isForeign)
			throw malformed(
				"MEMBERSHIP_DIVERGED",
				`the membership of environment '${this.#environment}' there does not belong to this vault's chain.`,
				environment[0]?.line ?? 1,
			);
		const { vault: rootHashes, environment: hashes } = this.#longest;
		const root = verifyRoot(this.#vaultId, vault, rootHashes);
		const line = environment[0]?.line ?? 1;
		const state = verifyEnvironment(root, this.#environment, environment, line, hashes);
		const found = hashesOf(chains);
		if (found.environment.length > hashes.length) this.#newest = state;
		this.#longest = {
			vault: found.vault.length > rootHashes.length ? found.vault : rootHashes,
			environment: found.environment.length > hashes.length ? found.environment : hashes,
		};
		return state;
	}
}
