import { Flags } from "@oclif/core";
import { base44AppId, readBase44Key, storeBase44Key } from "../../cli/base44/connection.ts";
import { foreignLine } from "../../cli/base44/sync.ts";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { refusePlatformLink } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames } from "../../cli/views/edit-result.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { putBinding } from "../../project/files/config.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { Base44 } from "../../targets/base44.ts";
import { BASE44_ORIGIN, base44Id } from "../../targets/base44-binding.ts";
import { pendingAtTarget, pinTarget, syncTarget } from "../../targets/sync.ts";

interface LinkResult {
	environment: string;
	target: "base44";
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
	/** Names that were not sent: because of --no-sync, or because Base44 was sent a newer version. */
	pending: readonly string[];
	/** Names that Base44 has, and neither the vault nor this device knows. They are left alone. */
	foreign: readonly string[];
}

export default class LinkBase44 extends BaseCommand<LinkResult> {
	static override summary = "Link an environment with an app at Base44, and send its secrets there";
	static override description =
		"First, the API key is tested with one request. It is stored in the system's keychain, unless it comes from BASE44_API_KEY. Then every secret of the environment is sent. A secret of the same name at Base44 is overwritten; other secrets there are left alone. The link is written to coffer.json; commit that file.";
	static override examples = [
		"<%= config.bin %> link base44 --app 68a1f0c2d3",
		"<%= config.bin %> link base44 --environment preview --no-sync",
	];
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description: "id of the app; defaults to BASE44_APP_ID, or the id in base44/.app.jsonc",
			helpValue: "ID",
		}),
		url: Flags.string({
			description: `address of the API; defaults to BASE44_API_URL, or ${BASE44_ORIGIN}`,
			helpValue: "URL",
		}),
		"key-stdin": Flags.boolean({
			description:
				"read the API key from standard input; without it and BASE44_API_KEY, a prompt asks for the key",
		}),
		"no-sync": Flags.boolean({ description: "link only, and do not send secrets yet" }),
	};

	protected async execute(): Promise<LinkResult> {
		const { flags } = await this.parse(LinkBase44);
		const context = await openContext(this.environment, flags.environment, "edit");
		const url = flags.url ?? this.environment.base44Url ?? BASE44_ORIGIN;
		const id = base44Id(url, await base44AppId(flags.app, context.root, this.environment));
		await refusePlatformLink(context);
		const { session } = await readSession(context);
		const key = await readBase44Key(flags["key-stdin"], this.terminal);
		const target = new Base44({ id, key });
		const names = await target.list();
		await storeBase44Key(id, key, this.terminal);
		await pinTarget(session, id);
		const { app, origin } = id;
		const binding = { kind: "base44" as const, url: origin, app, vault: session.place.vaultId };
		await putBinding(context.root, flags.environment, binding);
		const linked = { environment: flags.environment, target: "base44" as const, app, url: origin };
		if (flags["no-sync"]) {
			const pending = await pendingAtTarget(session, binding);
			return { ...linked, sent: [], deleted: [], pending, foreign: [] };
		}
		const outcome = await syncTarget(context, binding, async () => target, { list: false, names });
		for (const warning of outcome.warnings) this.terminal.warn(warning);
		const { sent, deleted, rolledBack: pending, foreign } = outcome;
		return { ...linked, sent, deleted, pending, foreign };
	}

	protected render(result: LinkResult, terminal: Terminal): void {
		const { environment, app, url, sent, deleted, pending, foreign } = result;
		terminal.line(`${MARKS.ok} Linked environment '${environment}' with app '${app}' at Base44 (${url})`);
		if (sent.length > 0) terminal.line(`  ${count(sent.length, "secret")} sent: ${listNames(sent)}`);
		if (deleted.length > 0) terminal.line(`  Deleted at Base44: ${listNames(deleted)}`);
		if (pending.length > 0)
			terminal.line(
				`  ${count(pending.length, "secret")} not sent: run '${inEnvironment("coffer sync", environment)}'`,
			);
		if (foreign.length > 0) terminal.line(`  ${foreignLine(foreign)}`);
		terminal.line();
		terminal.line("Commit coffer.vault and coffer.json. Next: base44 functions deploy");
	}
}
