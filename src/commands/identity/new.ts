import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { createIdentity, presentIdentity } from "../../cli/context/device-identity.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import {
	fingerprint,
	formatIdentity,
	formatPublicIdentity,
	identityOf,
	newIdentity,
} from "../../identity/identity.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { verifyRoot } from "../../vault/chains/vault-chain.ts";

interface NewResult {
	publicKey: string;
	fingerprint: string;
	/** The vault that a CI identity is bound to; null for a device's identity. */
	vault: string | null;
	/** The secret of a CI identity, which is shown only now; null for a device's identity. */
	secret: string | null;
}

function identityExists(): AppError {
	return new AppError({
		code: "IDENTITY_EXISTS",
		message: "This device already has an identity.",
		hint: "'coffer identity show' shows its public key. For a CI job: coffer identity new --ci.",
		exit: EXIT.conflict,
	});
}

export default class IdentityNew extends BaseCommand<NewResult> {
	static override summary = "Create an identity for this device, or for a CI job with --ci";
	static override description =
		"An identity is the key pair that opens vaults. A device's identity is stored in the system's keychain, or in a new file if COFFER_IDENTITY_FILE names one. A CI identity is bound to this project's vault and cannot open another one; its secret is printed once and not stored.";
	static override examples = [
		"<%= config.bin %> identity new",
		"<%= config.bin %> identity new --ci",
		"<%= config.bin %> identity new --ci --json",
	];
	static override flags = {
		ci: Flags.boolean({
			description: "create an identity for this project's vault only, and print its secret",
		}),
	};

	protected async execute(): Promise<NewResult> {
		const { flags } = await this.parse(IdentityNew);
		await cryptoReady;
		return flags.ci ? this.#forCi() : this.#forDevice();
	}

	async #forCi(): Promise<NewResult> {
		const { document } = await loadVault(requireRoot(currentFolder()));
		verifyRoot(document.vaultId, document.links);
		const identity = identityOf(newIdentity().seed, document.vaultId);
		return {
			publicKey: formatPublicIdentity(identity.publicKeys),
			fingerprint: fingerprint(identity.publicKeys),
			vault: document.vaultId,
			secret: formatIdentity(identity),
		};
	}

	async #forDevice(): Promise<NewResult> {
		if (await presentIdentity(this.environment)) throw identityExists();
		const { publicKeys } = await createIdentity(this.environment);
		return {
			publicKey: formatPublicIdentity(publicKeys),
			fingerprint: fingerprint(publicKeys),
			vault: null,
			secret: null,
		};
	}

	protected render(result: NewResult, terminal: Terminal): void {
		terminal.line(`public key   ${result.publicKey}`);
		terminal.line(`fingerprint  ${result.fingerprint}`);
		if (result.secret !== null) {
			terminal.line(`secret       ${result.secret}`);
			terminal.line();
			terminal.line("Store the secret in your CI system as COFFER_IDENTITY. It is shown only once.");
		}
		terminal.line("Next, a writer runs: coffer members add PUBLIC-KEY --name NAME --role reader|writer");
	}
}
