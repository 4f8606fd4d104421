/**
 * The state that recorded streams become, in the form of checkpoints. If this fails, a start would use checkpoints that
 * mean something else: raise `FOLD_FORMAT` in src/platform/apps/checkpoints/saved-fold.ts, delete the old files, and run
 * this file with `--update` at the end (findings/vitest-update-takes-path.sh).
 */
import { expect, test } from "vitest";
import { FOLD_FORMAT, restoreFold, saveFold } from "../../../../src/platform/apps/checkpoints/saved-fold.ts";
import { decodeEntry } from "../../../../src/platform/apps/log-entries.ts";
import { AppFold } from "../../../../src/platform/apps/state/app-state.ts";
import { eventOf } from "../../../../src/platform/events/event-text.ts";
import { appEventSchema } from "../../../../src/platform/events/events.ts";
import { plain } from "./platform.ts";
import recorded from "./recorded-streams.json" with { type: "json" };

test.each([false, true])(
	"recorded streams become the recorded state (several nodes: %s)",
	async (isShared) => {
		const fold = new AppFold(recorded.context, isShared);
		for (const [index, body] of recorded.changes.entries())
			fold.applyEntry(decodeEntry({ revision: index + 1, body }, recorded.context.app));
		for (const body of recorded.events) fold.applyEvent(appEventSchema.parse(eventOf(body)));
		const saved = JSON.stringify(saveFold(fold), undefined, "\t");
		const nodes = isShared ? "several-nodes" : "one-node";
		await expect(`${saved}\n`).toMatchFileSnapshot(`form-${FOLD_FORMAT}-${nodes}.txt`);
		const again = new AppFold(recorded.context, isShared);
		restoreFold(again, JSON.parse(saved));
		again.adoptHistory(fold);
		expect(plain(again)).toEqual(plain(fold));
	},
);
