import { Args } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { importIdentity, requireImportable } from "../../cli/context/device-identity.ts";
import { knownPassphrase, passphraseFlag } from "../../cli/context/passphrase.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { openExport, parseExport } from "../../identity/export.ts";
import { readExportFile } from "../../identity/export-file.ts";
import { fingerprint, formatPublicIdentity } from "../../identity/identity.ts";
import { printable } from "../../printable.ts";

interface ImportResult {
	publicKey: string;
	fingerprint: string;
	/** Where it is stored now. */
	source: "file" | "keychain";
	/** Whether the device had it already. */
	present: boolean;
	/** The vault that a CI identity is bound to; null for a device's identity. */
	vault: string | null;
}

export default class IdentityImport extends BaseCommand<ImportResult> {
	static override summary = "Import an exported identity as this device's own";
	static override description =
		"The identity is stored in the system's keychain, or in the file that COFFER_IDENTITY_FILE names, which must not exist yet. An existing identity is never replaced.";
	static override examples = [
		"<%= config.bin %> identity import /media/stick/coffer-identity",
		"<%= config.bin %> identity import coffer-identity --passphrase-stdin < FILE",
	];
	static override args = {
		file: Args.string({
			name: "FILE",
			description: "file from 'coffer identity export'",
			required: true,
		}),
	};
	static override flags = { "passphrase-stdin": passphraseFlag };

	protected async execute(): Promise<ImportResult> {
		const { args, flags } = await this.parse(IdentityImport);
		const where = printable(args.file, 200);
		const [text] = await Promise.all([readExportFile(args.file), cryptoReady]);
		const exported = parseExport(text, where);
		// Checked before the user types the passphrase.
		await requireImportable(this.environment);
		const passphrase = await knownPassphrase(flags["passphrase-stdin"], this.terminal);
		const identity = await openExport(exported, passphrase, where);
		const { source, present } = await importIdentity(this.environment, identity);
		return {
			publicKey: formatPublicIdentity(identity.publicKeys),
			fingerprint: fingerprint(identity.publicKeys),
			source,
			present,
			vault: identity.vaultPin ?? null,
		};
	}

	protected render(result: ImportResult, terminal: Terminal): void {
		const places = { keychain: "the system's keychain", file: "the file that COFFER_IDENTITY_FILE names" };
		const action = result.present ? "The identity is already in" : "Imported the identity into";
		terminal.line(`${MARKS.ok} ${action} ${places[result.source]}`);
		terminal.line(`  fingerprint  ${result.fingerprint}`);
		if (result.vault !== null) terminal.line(`  vault        bound to ${result.vault}`);
		terminal.line("If the previous device was lost or stolen, replace the key now: coffer identity rotate");
	}
}
