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
	/** The platform's, which its access tokens begin with. */
	fingerprint: string;
	/** Where it is kept now. */
	source: "file" | "keychain";
	/** The file, where it is kept in one. */
	file: string | null;
	/** Whether it was there before. */
	present: boolean;
}

export default class PlatformIdentityImport extends BaseCommand<ImportResult> {
	static override summary = "Take in a platform's exported identity, for a platform that will start here";
	static override description =
		"It goes into the keychain of the user who runs this, or with --identity-file into a new file, outside the data directory. An identity that is there already is never replaced. Two platforms with one identity must not both take changes: end the other one first.";
	static override examples = [
		"<%= config.bin %> platform identity import /media/stick/coffer-platform",
		"<%= config.bin %> platform identity import coffer-platform --identity-file /etc/coffer/identity",
	];
	static override args = {
		file: Args.string({
			name: "FILE",
			description: "what 'coffer platform identity export' wrote",
			required: true,
		}),
	};
	static override flags = {
		"identity-file": platformIdentityFlag("file to keep it in, in clear text; must not exist yet"),
		"passphrase-stdin": passphraseFlag,
	};

	protected async execute(): Promise<ImportResult> {
		const { args, flags } = await this.parse(PlatformIdentityImport);
		const file = flags["identity-file"];
		const where = printable(args.file, 200);
		const [text] = await Promise.all([readExportFile(args.file), cryptoReady]);
		const exported = parseExport(text, where);
		// What can be known before the passphrase is told before it.
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
		const what = result.present
			? "That identity is there already, in"
			: "Imported the platform's identity into";
		terminal.line(`${MARKS.ok} ${what} ${place}`);
		terminal.line(`  fingerprint  ${result.fingerprint}`);
		const flag = result.file === null ? "" : ` --identity-file ${result.file}`;
		terminal.line(`Next: coffer platform start --data DIR${flag}`);
	}
}
