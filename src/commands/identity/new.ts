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
	/** The vault that a CI identity is bound to; null for a device's. */
	vault: string | null;
	/** A CI identity's secret text, this once; null for a device's, which is in the keychain. */
	secret: string | null;
}

function exists(): AppError {
	return new AppError({
		code: "IDENTITY_EXISTS",
		message: "This device has an identity already.",
		hint: "'coffer identity show' shows its public key. For a CI job: coffer identity new --ci.",
		exit: EXIT.conflict,
	});
}

export default class IdentityNew extends BaseCommand<NewResult> {
	static override summary = "Make an identity: for this device, or (--ci) for a CI job";
	static override description =
		"A device's identity is kept in the system's keychain, or in the file that COFFER_IDENTITY_FILE names, which is made. A CI identity is bound to this project's vault and opens no other; its secret is printed once and kept nowhere.";
	static override examples = [
		"<%= config.bin %> identity new",
		"<%= config.bin %> identity new --ci",
		"<%= config.bin %> identity new --ci --json",
	];
	static override flags = {
		ci: Flags.boolean({ description: "print the secret of a new identity, bound to this project's vault" }),
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
		if (await presentIdentity(this.environment)) throw exists();
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
			terminal.line(
				"Put the secret into the CI's store as COFFER_IDENTITY: it is shown this once, and kept nowhere.",
			);
		}
		terminal.line("Next, by a writer: coffer members add PUBLIC-KEY --name NAME --role reader|writer");
	}
}
