import type { TokenDescription, TokenList } from "../../protocol/token-messages.ts";
import type { Answer } from "../data/cache.ts";
import { Loaded } from "../shell/page.tsx";
import { Moment, useNow } from "../text/moment.tsx";
import { Command, Name } from "../text/name.tsx";

function Row({ token, nowMs }: { readonly token: TokenDescription; readonly nowMs: number }) {
	const { id, scopes, app, createdAtMs, expiresAtMs } = token;
	const isOver = expiresAtMs !== null && expiresAtMs <= nowMs;
	return (
		<tr>
			<th scope="row">
				<Name text={id} />
			</th>
			<td data-label="Scopes">{scopes.join(", ")}</td>
			<td data-label="App">{app === null ? "all" : <Name text={app} />}</td>
			<td data-label="Created">
				<Moment atMs={createdAtMs} />
			</td>
			<td data-label="Expires">
				{expiresAtMs === null ? "never" : <Moment atMs={expiresAtMs} />}
				{isOver && <span class="bad-text"> (expired)</span>}
			</td>
		</tr>
	);
}

/** The access tokens of the platform: what each may do, and how old it is. The tokens themselves are stored nowhere. */
export function Tokens({ answer }: { readonly answer: Answer<TokenList> }) {
	const nowMs = useNow();
	return (
		<Loaded answer={answer} what="the tokens">
			{({ tokens }) => (
				<>
					<div class="table-box">
						<table class="stacking">
							<thead>
								<tr>
									<th scope="col">Token</th>
									<th scope="col">Scopes</th>
									<th scope="col">App</th>
									<th scope="col">Created</th>
									<th scope="col">Expires</th>
								</tr>
							</thead>
							<tbody>
								{tokens.map((token) => (
									<Row key={token.id} token={token} nowMs={nowMs} />
								))}
							</tbody>
						</table>
					</div>
					<p class="quiet">
						Revoke one with <Command line="coffer platform token revoke ID" />.
					</p>
				</>
			)}
		</Loaded>
	);
}
