/** What the page shows without a session. */
import type { ComponentChildren } from "preact";
import type { SessionState } from "../data/session.ts";
import { openSession } from "../data/session.ts";
import { blockText, Command } from "../text/name.tsx";

function Card({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
	return (
		<main class="gate">
			<h1>{title}</h1>
			{children}
		</main>
	);
}

const Again = ({ what }: { readonly what: string }) => (
	<p>
		{what} run <Command line="coffer console" /> in your project, and open the address that it prints.
	</p>
);

export function Gate({ state }: { readonly state: Exclude<SessionState, { state: "open" }> }) {
	switch (state.state) {
		case "opening":
			return (
				<main class="gate" aria-busy="true">
					<p class="quiet">Opening the console …</p>
				</main>
			);
		case "none":
			return (
				<Card title="This browser has no session">
					<Again what="To open the console," />
				</Card>
			);
		case "unreachable":
			return (
				<Card title="The platform does not answer">
					<p>Check that it runs, and that this address is still the right one.</p>
					<button type="button" class="primary" onClick={() => void openSession()}>
						Try again
					</button>
				</Card>
			);
		case "ended":
			return (
				<Card title="The session has ended">
					{state.failure && <p class="quiet">{blockText(state.failure.message)}</p>}
					<Again what="To continue," />
				</Card>
			);
	}
}
