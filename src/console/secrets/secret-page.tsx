import type { SecretList } from "../../protocol/console.ts";
import { PATHS } from "../data/paths.ts";
import { mayUse } from "../data/session.ts";
import { useResource } from "../data/use-resource.ts";
import { reasonText } from "../map/marks.ts";
import type { AppPageProps } from "../shell/console.tsx";
import { Link } from "../shell/navigation.tsx";
import { Empty, Loaded, Page } from "../shell/page.tsx";
import { blockText, Command, Name, nameText } from "../text/name.tsx";
import { NotAllowed, useContext } from "./context.tsx";
import type { Readers } from "./readers.ts";
import { Versions } from "./versions.tsx";

const POLL_MS = 20_000;

function ReaderList({
	app,
	name,
	readers,
}: {
	readonly app: string;
	readonly name: string;
	readonly readers: Readers;
}) {
	const own = readers.of(name);
	return (
		<>
			{own.length === 0 && <p class="quiet">No function refers to it.</p>}
			<ul class="edges">
				{own.map((reader) => (
					<li key={reader.name}>
						<Link to={{ page: "functions", app, name: reader.name }}>
							<Name text={reader.name} />
						</Link>
						{reader.reasons.map((reason, index) => (
							<span key={`${index}`} class="reason">
								{blockText(reasonText(reason))}
							</span>
						))}
					</li>
				))}
			</ul>
			{readers.any.length > 0 && (
				<p class="quiet">
					May read any secret:{" "}
					{readers.any.slice(0, 20).map((each, index) => (
						<>
							{index > 0 && ", "}
							<Link to={{ page: "functions", app, name: each }}>
								<Name text={each} />
							</Link>
						</>
					))}
				</p>
			)}
		</>
	);
}

function Present({ secret }: { readonly secret: SecretList["secrets"][number] }) {
	return (
		<p>
			{secret.kind === "deleted" ? <span class="bad-text">Deleted in version</span> : "Version"}{" "}
			{secret.version}, by <Name text={secret.by} />
			{secret.origin === "base44" && ", with the Base44 CLI, in no vault"}
		</p>
	);
}

function Body({ app, name }: { readonly app: string; readonly name: string }) {
	const list = useResource<SecretList>(PATHS.secrets(app), POLL_MS);
	const { readers } = useContext(app, list.value);
	return (
		<Loaded answer={list} what="the secret">
			{({ secrets }) => {
				const secret = secrets.find((each) => each.name === name);
				return (
					<>
						{secret === undefined && (
							<Empty title="The vault does not have it.">
								<p>
									Set it with <Command line={`coffer secrets set ${nameText(name)}`} />.
								</p>
							</Empty>
						)}
						{secret !== undefined && <Present secret={secret} />}
						<p>
							<Link to={{ page: "map", app, name: `secret:${name}` }}>Show it on the map</Link>
						</p>
						<section class="part">
							<h2>Read by</h2>
							{readers === undefined ? (
								<p class="quiet">Loading the functions …</p>
							) : (
								<ReaderList {...{ app, name, readers }} />
							)}
						</section>
						<section class="part">
							<h2>Versions</h2>
							<Versions app={app} name={name} />
						</section>
					</>
				);
			}}
		</Loaded>
	);
}

/** One secret: who reads it and who set it. */
export function SecretPage({ app, name, session }: AppPageProps & { readonly name: string }) {
	return (
		<Page title={nameText(name)} aside={<Link to={{ page: "secrets", app }}>All secrets</Link>}>
			{mayUse(session, "sync") ? <Body app={app} name={name} /> : <NotAllowed />}
		</Page>
	);
}
