import { Args } from "@oclif/core";
import { BaseCommand } from "../../../cli/command.ts";
import { systemKeychain } from "../../../cli/context/open-project.ts";
import { knownPassphrase, passphraseFlag } from "../../../cli/context/passphrase.ts";
import { platformIdentityFlag, refusePersonal } from "../../../cli/context/platform-identity.ts";
import { requireOutOfGit } from "../../../cli/plaintext/key-files.ts";
import { MARKS } from "../../../cli/shell/render.ts";
import type { Terminal } from "../../../cli/shell/terminal.ts";
import { cryptoReady } from "../../../crypto.ts";
import { openExport, parseExport } from "../../../identity/export.ts";
import { readExportFile } from "../../../identity/export-file.ts";
import { fingerprint } from "../../../identity/identity.ts";
import { keepPlatformIdentity, requireUnnamed } from "../../../identity/platform-transfer.ts";
import { readPlatformCredentials } from "../../../platform/configuration/config.ts";
import { printable } from "../../../printable.ts";

interface ImportResult {
	/** The platform's fingerprint. Its access tokens begin with it. */
	fingerprint: string;
	/** Where it is stored now. */
	source: "file" | "keychain";
	/** The file, if it is stored in one. */
	file: string | null;
	/** Whether it was already stored there. */
	present: boolean;
}

export default class PlatformIdentityImport extends BaseCommand<ImportResult> {
	static override summary = "Import a platform's exported identity, to start the platform on this machine";
	static override description =
		"The identity is stored in the keychain of the current user, or in the new file of --identity-file, which must be outside the data directory. An existing identity is never replaced. Two platforms with the same identity must not run at the same time: stop the other one first.";
	static override examples = [
		"<%= config.bin %> platform identity import /media/stick/coffer-platform",
		"<%= config.bin %> platform identity import coffer-platform --identity-file /etc/coffer/identity",
	];
	static override args = {
		file: Args.string({
			name: "FILE",
			description: "file from 'coffer platform identity export'",
			required: true,
		}),
	};
	static override flags = {
		"identity-file": platformIdentityFlag("new file for the identity, which is not encrypted"),
		"passphrase-stdin": passphraseFlag,
	};

	protected async execute(): Promise<ImportResult> {
		const { args, flags } = await this.parse(PlatformIdentityImport);
		const file = flags["identity-file"];
		const where = printable(args.file, 200);
		const [text] = await Promise.all([readExportFile(args.file), cryptoReady]);
		const exported = parseExport(text, where);
		// Checked before the user types the passphrase.
		requireUnnamed(file, readPlatformCredentials());
		if (file !== undefined) await requireOutOfGit(file);
		const passphrase = await knownPassphrase(flags["passphrase-stdin"], this.terminal);
		const identity = await openExport(exported, passphrase, where);
		await refusePersonal(identity, this.environment);
		const { present } = await keepPlatformIdentity(identity, { file, keychain: systemKeychain() });
		return {
			fingerprint: fingerprint(identity.publicKeys),
			source: file === undefined ? "keychain" : "file",
			file: file ?? null,
			present,
		};
	}

	protected render(result: ImportResult, terminal: Terminal): void {
		const place = result.file ?? "the system's keychain";
		const action = result.present ? "The identity is already in" : "Imported the platform's identity into";
		terminal.line(`${MARKS.ok} ${action} ${place}`);
		terminal.line(`  fingerprint  ${result.fingerprint}`);
		const flag = result.file === null ? "" : ` --identity-file ${result.file}`;
		terminal.line(`Next: coffer platform start --data DIR${flag}`);
	}
}
