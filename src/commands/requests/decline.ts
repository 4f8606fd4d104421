import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { reasonFlag, requireReason } from "../../cli/requests/reason.ts";
import { type RequestRow, rowOf } from "../../cli/requests/rows.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { REQUESTS_FOLDER } from "../../project/requests/folder.ts";
import { declineRequests } from "../../project/requests/requests.ts";
import { readSession, requireEditable } from "../../project/secrets/edit-secrets.ts";

interface DeclineResult {
	environment: string;
	name: string;
	reason: string;
	/** The requests that were open. */
	declined: RequestRow[];
}

export default class RequestsDecline extends BaseCommand<DeclineResult> {
	static override summary = "Decline the requests for a secret, with a reason";
	static override description =
		"Writes a signed answer into coffer.requests; commit it. The asker sees it with 'coffer requests', and can ask again. Only a writer of the environment can decline.";
	static override examples = [
		'<%= config.bin %> requests decline STRIPE_KEY --reason "Use STRIPE_TEST_KEY instead"',
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = { environment: environmentFlag, reason: reasonFlag };

	protected async execute(): Promise<DeclineResult> {
		const { args, flags } = await this.parse(RequestsDecline);
		const { environment } = flags;
		const reason = requireReason(flags.reason);
		const context = await openContext(this.environment, environment);
		const { session, remember } = await readSession(context);
		requireEditable(session);
		await remember();
		const { identity } = context;
		const { state } = session.verified;
		const name = state.members.get(identity.publicKeys.sign)?.name ?? "";
		const by = { identity, name, vaultId: state.vaultId };
		const declined = await declineRequests(context.root, { environment, name: args.name, reason }, by);
		return { environment, name: args.name, reason, declined: declined.map(rowOf) };
	}

	protected render({ declined, environment, name }: DeclineResult, terminal: Terminal): void {
		terminal.line(`${MARKS.ok} Declined ${count(declined.length, "request")} for ${name} in ${environment}`);
		terminal.line(`  To share it: git add ${REQUESTS_FOLDER}, commit and push.`);
	}
}
