import type { History, SecretList } from "../../protocol/console.ts";
import type { SecretRequestList } from "../../protocol/secret-requests/messages.ts";
import { isSettled } from "../data/cache.ts";
import { PATHS } from "../data/paths.ts";
import { mayUse } from "../data/session.ts";
import { useResource } from "../data/use-resource.ts";
import type { AppPageProps } from "../shell/console.tsx";
import { Link } from "../shell/navigation.tsx";
import { Empty, Loaded, Page } from "../shell/page.tsx";
import { Command, Name } from "../text/name.tsx";
import { NotAllowed, useContext } from "./context.tsx";
import { Debt } from "./debt.tsx";
import { Requests } from "./requests.tsx";
import { SecretTable } from "./secret-list.tsx";
import { Timeline } from "./timeline.tsx";

const POLL_MS = 20_000;

type View = "secrets" | "history";

function Views({ app, view }: { readonly app: string; readonly view: View }) {
	return (
		<nav class="views" aria-label="Views">
			<Link to={{ page: "secrets", app }} isCurrent={view === "secrets"}>
				Names
			</Link>
			<Link to={{ page: "history", app }} isCurrent={view === "history"}>
				History
			</Link>
		</nav>
	);
}

function Members({ members }: Pick<SecretList, "members">) {
	if (members.length === 0) return null;
	return (
		<section class="part">
			<h2>Members of the environment</h2>
			<ul class="members">
				{members.map(({ name, role, sign }) => (
					<li key={sign}>
						<Name text={name} /> <span class="quiet">{role}</span>
					</li>
				))}
			</ul>
		</section>
	);
}

function Names({ app }: { readonly app: string }) {
	const list = useResource<SecretList>(PATHS.secrets(app), POLL_MS);
	const requests = useResource<SecretRequestList>(PATHS.secretRequests(app), POLL_MS);
	const { readers, isComplete } = useContext(app, list.value);
	return (
		<Loaded
			answer={isComplete && isSettled(requests) ? list : { ...list, value: undefined }}
			what="the secrets"
		>
			{({ secrets, debt, members }) => (
				<>
					<Requests app={app} list={requests} />
					{secrets.length === 0 ? (
						<Empty title="No secrets yet">
							<p>
								Set one with <Command line="coffer secrets set NAME" />.
							</p>
						</Empty>
					) : (
						<>
							<Debt debt={debt} />
							<SecretTable app={app} secrets={secrets} readers={readers} />
							<Members members={members} />
						</>
					)}
				</>
			)}
		</Loaded>
	);
}

function Changes({ app }: { readonly app: string }) {
	const history = useResource<History>(PATHS.history(app), POLL_MS);
	return (
		<Loaded answer={history} what="the history">
			{(first) =>
				first.entries.length === 0 ? (
					<Empty title="No changes yet">
						<p>
							Each <Command line="coffer secrets set NAME" /> in the linked project shows here.
						</p>
					</Empty>
				) : (
					<Timeline app={app} first={first} />
				)
			}
		</Loaded>
	);
}

/** The names of secrets, or their history. No value is anywhere. */
export function SecretsPage({ app, session, view }: AppPageProps & { readonly view: View }) {
	const maySee = mayUse(session, "sync");
	return (
		<Page
			title={view === "secrets" ? "Secrets" : "History"}
			heading="Secrets"
			aside={<Views app={app} view={view} />}
		>
			{!maySee && <NotAllowed />}
			{maySee && (view === "secrets" ? <Names app={app} /> : <Changes app={app} />)}
		</Page>
	);
}
