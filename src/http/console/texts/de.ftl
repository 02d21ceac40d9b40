# Was die Konsole sagt, auf Deutsch. Englisch steht in en.ftl, unter denselben Namen, in derselben Reihenfolge.

### Der Kalender

calendar-months = Januar Februar März April Mai Juni Juli August September Oktober November Dezember
calendar-day = { $day }. { $month } { $year }
calendar-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
calendar-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
calendar-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tagen
}
calendar-now = gerade eben
calendar-ago = vor { $span }
calendar-in = in { $span }
calendar-never = nie

### Was auf jeder Seite steht

frame-skip = Zum Inhalt
frame-sections = Einstellungen
frame-account = Dein Konto
frame-logout = Abmelden
frame-language = Sprache
frame-form-lost = Dieses Formular kam von keiner Seite, die noch offen ist. Es wurde nichts geändert.
frame-forbidden-title = Nicht für deine Rolle
frame-forbidden = Deiner Rolle fehlt die Berechtigung { $permission }. Ein Admin kann dir eine Rolle geben, die sie hat.
frame-forbidden-next = Dein Konto
frame-search = Suchen
frame-filter = Filtern
frame-save = Speichern
frame-cancel = Abbrechen
frame-back = Zurück
frame-delete = Löschen
frame-newer = Neuere
frame-older = Ältere
frame-previous = Zurück
frame-next = Weiter
frame-page = Seite { $page } von { $pages }
frame-copy = Kopieren
frame-copied = Kopiert
frame-live = Aktualisiert sich selbst
frame-choose-all = Alle auf dieser Seite wählen

nav-users = Benutzer
nav-seats = Plätze
nav-roles = Rollen
nav-teams = Teams
nav-groups = Gruppen
nav-rules = Regeln
nav-provisioning = Bereitstellung
nav-requests = Anfragen
nav-sso = Single Sign-on
nav-webhooks = Webhooks
nav-connector = Connector
nav-health = Zustand
nav-audit = Audit-Log
nav-reviews = Zugriffsprüfung

### Warum etwas nicht getan wurde

trouble-not-found = Das gibt es nicht mehr.
trouble-clash = { $attribute } ist schon vergeben ({ $kind }).
trouble-seats = Kein Platz ist frei: { $plan }, { $used } von { $limit } belegt.
trouble-changed = Es hat sich inzwischen geändert. Sieh noch einmal nach und entscheide dann.
trouble-last-admin = Der letzte aktive Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Mach zuerst jemand anderen zum Admin.
trouble-last-protected = Der letzte geschützte Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Lege zuerst einen weiteren an.
trouble-forbidden = Das betrifft Berechtigungen, die du selbst nicht hast: { $missing }.
trouble-owned = { $field }: { $detail }. Setze das Häkchen, dass du es so meinst, um es trotzdem zu tun und zu behalten.
trouble-in-use = { $name } wird benutzt ({ $users } Benutzer, { $rules } Regeln). Gib ihnen zuerst etwas anderes.
trouble-enforced = Man muss sich darüber anmelden. Hebe das zuerst auf.
trouble-nobody-came-in = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn ein Admin einmal über sie hereingekommen ist. Lass einen Admin sich darüber anmelden und versuche es dann noch einmal.
trouble-no-way-back = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn es einen Weg ohne sie gibt. Lege zuerst einen geschützten Admin mit Passwort an.
trouble-other = Das geht nicht: { $detail }.

### Single Sign-on

sso-back = Single Sign-on im Überblick
sso-yes = Ja
sso-no = Nein
sso-on = An
sso-off = Aus
sso-new = Neue Verbindung
sso-new-title = Neue Verbindung
sso-new-which = Womit verwaltet deine Firma ihre Konten?
sso-new-choose = Wählen
sso-kind-okta = Okta
sso-kind-entra = Microsoft Entra ID
sso-kind-google = Google Workspace
sso-kind-github = GitHub
sso-kind-oidc = OpenID Connect
sso-about-okta = Eine OIDC-Webanwendung deiner Okta-Organisation.
sso-about-entra = Eine App-Registrierung eines Mandanten (Azure AD).
sso-about-google = Ein OAuth-Client deines Google-Cloud-Projekts.
sso-about-github = Eine OAuth-App deiner GitHub-Organisation.
sso-about-oidc = Jeder andere Anbieter, der OpenID Connect spricht: Keycloak, Auth0, Ping, …
sso-there-title = Beim Anbieter einzutragen
sso-there-okta = In der Admin-Konsole von Okta: Applications → Create App Integration → OIDC, Web Application. Trage diese Adressen dort ein, weise zu, wer sich anmelden darf, und kopiere dann Client-ID und Geheimnis von dort.
sso-there-entra = Im Entra Admin Center: App-Registrierungen → Neue Registrierung, nur Konten in diesem Verzeichnis, Plattform Web. Trage diese Adressen dort ein und lege unter Zertifikate & Geheimnisse ein Clientgeheimnis an.
sso-there-google = In der Google-Cloud-Konsole: APIs & Dienste → Anmeldedaten → OAuth-Client-ID erstellen, Webanwendung. Trage dort die Redirect-URI ein.
sso-there-github = Auf GitHub: Einstellungen deiner Organisation → Developer settings → OAuth apps → New. Trage die Redirect-URI als Authorization callback URL ein.
sso-there-oidc = Lege bei deinem Anbieter einen vertraulichen Web-Client (Authorization Code) an und trage diese Adressen dort ein.
sso-here-title = Hier einzutragen
sso-copy-callback = Redirect-URI
sso-copy-hint-callback = Wohin man zurückkommt. Zeichen für Zeichen.
sso-copy-initiate = Adresse, die eine Anmeldung beginnt
sso-copy-hint-initiate = Für die Kachel auf einer Startseite. Wo der Anbieter danach fragt.
sso-copy-backchannel = Back-Channel-Logout
sso-copy-hint-backchannel = Wo der Anbieter Abmeldungen meldet. Wo er das kann.
sso-field-name = Name
sso-field-kind = Anbieter
sso-field-issuer = Issuer
sso-field-tenant = Verzeichnis-ID (Mandant)
sso-field-client = Client-ID
sso-field-secret = Client-Geheimnis
sso-field-jit = Neue bei ihrer ersten Anmeldung aufnehmen
sso-field-role = Rolle der Aufgenommenen
sso-field-trust = Adressen glauben, die der Anbieter nicht bestätigt nennt
sso-field-groups = Claim mit den Gruppen
sso-field-roles = Claim mit den Rollen
sso-field-way = Wie die Bridge beweist, wer sie ist
sso-field-key = Privater Schlüssel
sso-field-key-id = Wie der Anbieter den Schlüssel nennt
sso-field-scopes = Weitere Scopes
sso-field-authorization = Authorization-URL
sso-field-token = Token-URL
sso-field-userinfo = Userinfo-URL
sso-field-domain = Domain
sso-field-connection = Verbindung
sso-hint-name = Was man liest: „Log in with …“.
sso-hint-issuer-okta = https://deine-firma.okta.com, oder der eines eigenen Authorization Servers.
sso-hint-issuer-entra = Aus der Übersicht der App-Registrierung. Der ganze Issuer geht auch.
sso-hint-issuer-google = Bleibt, wie er ist.
sso-hint-issuer-github = Bleibt, wie er ist.
sso-hint-issuer-oidc = Wie es im Discovery-Dokument des Anbieters steht: Ein Schrägstrich am Ende zählt.
sso-hint-secret = Es wird versiegelt und nie wieder gezeigt.
sso-hint-secret-kept = Eines ist hinterlegt. Gib es neu ein, wenn du eine Adresse, den Client oder die Art änderst, wie es gesendet wird: Es geht nie woanders hin, als es eingegeben wurde.
sso-hint-jit = Wer sich anmeldet und noch nicht bekannt ist, bekommt einen Platz. Sonst heißt es, man solle einen Admin fragen.
sso-hint-role = Regeln lassen eine Rolle in Ruhe, die hier gewählt ist.
sso-hint-trust = Zählt nur in bewiesenen Domains. Entra ID nennt nie eine Adresse bestätigt.
sso-hint-claims = Gilt für alle, die nichts bereitstellt, und macht nie jemanden zum Admin. Lass beide leer, wo SCIM die Gruppen bringt.
sso-hint-key = In PEM, anstelle eines Geheimnisses; für Entra ID gefolgt von seinem Zertifikat. Wird versiegelt und nie wieder gezeigt.
sso-hint-scopes = Außer openid, profile und email; durch Leerzeichen getrennt.
sso-hint-addresses = Die Adressen findet die Bridge über den Issuer. Trage sie nur ein, wo die deines Anbieters anders sind.
sso-special-title = Selten gebraucht
sso-people-title = Leute
sso-role-default = Die Standardrolle des Workspace
sso-way-client-secret-basic = Mit dem Geheimnis im Header (client_secret_basic)
sso-way-client-secret-post = Mit dem Geheimnis im Formular (client_secret_post)
sso-way-private-key-jwt = Mit einem privaten Schlüssel (private_key_jwt)
sso-create = Verbindung anlegen
sso-edit = Bearbeiten
sso-edit-title = { $name } bearbeiten
sso-connection-done-created = Die Verbindung ist da. Teste sie jetzt, bevor sich jemand anmeldet.
sso-connection-done-saved = Gespeichert.
sso-connection-done-enabled = Man kann sich wieder darüber anmelden.
sso-connection-done-disabled = Niemand kann sich mehr darüber anmelden; wer darüber hereinkam, ist abgemeldet.
sso-what-title = Was sie ist
sso-secret-kept = Hinterlegt, versiegelt
sso-secret-none = Keines
sso-fact-newcomers = Neue
sso-fact-claims = Beachtete Claims
sso-fact-domains = Domains
sso-fact-admin = Erster Admin kam herein
sso-newcomers-none = Werden nicht aufgenommen
sso-newcomers-default = Werden mit der Standardrolle aufgenommen
sso-newcomers-role = Werden als { $role } aufgenommen
sso-domains-none = Noch keine
sso-admin-never = Noch keiner
sso-test = Testen
sso-test-title = Der Test
sso-test-fine = Alles ist, wie es sein soll.
sso-test-warned = { $count ->
    [one] Die Anmeldung geht; { $count } Sache zum Nachsehen.
   *[other] Die Anmeldung geht; { $count } Sachen zum Nachsehen.
}
sso-test-failed = { $count ->
    [one] Niemand kann sich anmelden: { $count } Problem.
   *[other] Niemand kann sich anmelden: { $count } Probleme.
}
sso-step-fine = OK
sso-step-warning = Nachsehen
sso-step-failed = Problem
sso-end-title = Abschalten oder löschen
sso-enable = Einschalten
sso-disable = Abschalten
sso-enable-means = Sie ist abgeschaltet: Niemand kann sich darüber anmelden.
sso-disable-means = Abgeschaltet lässt sie niemanden herein, und wer darüber hereinkam, wird sofort abgemeldet. Sie lässt sich wieder einschalten.
sso-delete = Löschen…
sso-delete-title = { $name } löschen?
sso-delete-means = Das lässt sich nicht rückgängig machen. Was geschehen wird:
sso-delete-people = { $count ->
    [0] Niemand ist durch sie bekannt.
    [one] { $count } Person, die sich darüber angemeldet hat, ist nicht mehr durch sie bekannt.
   *[other] { $count } Personen, die sich darüber angemeldet haben, sind nicht mehr durch sie bekannt.
}
sso-delete-sessions = { $count ->
    [0] Niemand wird abgemeldet.
    [one] { $count } Sitzung endet sofort.
   *[other] { $count } Sitzungen enden sofort.
}
sso-delete-domains = Diese Domains bedient dann keine Verbindung mehr: { $domains }.
sso-delete-groups = Wer in einer Gruppe ist, weil dieser Anbieter es sagte, verlässt sie.
sso-delete-accounts = Kein Konto wird gelöscht oder deaktiviert.
sso-delete-do = { $name } löschen
sso-done-deleted = Die Verbindung ist gelöscht.
sso-done-removed = Die Domain ist entfernt.
sso-done-enforced = Alle melden sich jetzt über eine Verbindung an.
sso-done-released = Niemand muss sich mehr über eine Verbindung anmelden.
sso-done-revoked = Bei diesem Programm meldet sich niemand mehr über die Bridge an.
sso-done-account = Das Notfallkonto ist da. Melde dich einmal damit an, wähle ein Passwort, das du wegschließt, und richte seinen zweiten Faktor ein.
sso-connections-title = Verbindungen
sso-connections-none = Man meldet sich mit Passwörtern an. Über eine Verbindung geht es mit dem Konto der Firma.
sso-column-state = Zustand
sso-column-enforced = Verlangt
sso-column-who = Wer
sso-column-role = Rolle
sso-column-password = Passwort
sso-column-factor = Zweiter Faktor
sso-column-login = Letzte Anmeldung
sso-column-used = Zuletzt benutzt
sso-domains-title = Domains
sso-domains-about = Eine bewiesene Domain führt ihre Leute anhand der Adresse zu ihrer Verbindung und lässt ein Konto daran erkennen.
sso-domain-new = Neue Domain
sso-domain-add = Domain hinzufügen
sso-domain-nobody = Keine
sso-domain-proved = Bewiesen
sso-domain-unproved = Noch nicht bewiesen
sso-domain-missing = Eintrag fehlt
sso-domain-done-added = Hinzugefügt. Trage nun den Eintrag in dein DNS ein und prüfe ihn dann.
sso-domain-done-given = Ihre Leute melden sich jetzt über diese Verbindung an.
sso-domain-done-enforced = Ihre Leute melden sich jetzt über ihre Verbindung an.
sso-domain-done-released = Ihre Leute müssen sich nicht mehr über ihre Verbindung anmelden.
sso-domain-lapses = { $count ->
    [0] Ihr Eintrag fehlt: Sie zählt nicht mehr, sobald das nächste Mal nachgesehen wird.
    [one] Ihr Eintrag fehlt: Sie zählt noch { $count } Tag. Setze ihn wieder ein.
   *[other] Ihr Eintrag fehlt: Sie zählt noch { $count } Tage. Setze ihn wieder ein.
}
sso-domain-missing-kept = Ihr Eintrag fehlt. Sie zählt weiter, aber setze ihn wieder ein.
sso-record-title = Ihr TXT-Eintrag
sso-record-about = Wer das DNS der Domain verwaltet, trägt dies ein. Es bleibt dort stehen: Einmal am Tag wird nachgesehen.
sso-copy-record-name = Name (Host)
sso-copy-hint-record-name = Manche DNS-Anbieter wollen ihn ohne die Domain am Ende.
sso-copy-record-value = Wert (TXT)
sso-copy-hint-record-value = In einem Stück, ohne Leerzeichen.
sso-domain-proved-at = Bewiesen am { $at }.
sso-domain-unproved-means = Bis sie bewiesen ist, führt sie niemanden irgendwohin.
sso-domain-checked = Zuletzt nachgesehen: { $at }.
sso-domain-vouched = Sie zählt auf das Wort dessen, der die Bridge betreibt.
sso-domain-last = Was dabei nicht stimmte
sso-verify = Jetzt prüfen
sso-verify-fine = Der Eintrag ist da. Die Domain gehört euch.
sso-verify-nothing = Es wurde kein solcher Eintrag gefunden. Ein neuer ist manchmal erst nach einer Stunde zu sehen; Name und Wert müssen genau diese sein.
sso-verify-other = Unter diesem Namen stehen TXT-Einträge, aber keiner sagt, was er soll.
sso-verify-found = Das wurde gefunden:
sso-serves = Ihre Leute melden sich an über
sso-serves-about = Wer eine Adresse dieser Domain eingibt, wird dorthin geführt.
sso-domain-is-enforced = Wer eine Adresse bei { $domain } hat, muss sich über die Verbindung anmelden.
sso-domain-not-enforced = Wer eine Adresse bei { $domain } hat, darf auch ein Passwort benutzen.
sso-domain-end-title = Entfernen
sso-domain-end-about = Ihre Leute werden zu keiner Verbindung mehr geführt, und niemand wird an einer Adresse von ihr erkannt. Sie wieder hinzuzufügen braucht einen neuen Eintrag.
sso-domain-remove = { $domain } entfernen
sso-enforce-title = Single Sign-on verlangen
sso-enforce-title-domain = Single Sign-on für { $domain } verlangen
sso-enforce-is-on = Passwörter öffnen nichts, außer bei Notfallkonten.
sso-enforce-about = Von da an öffnen Passwörter nichts mehr, außer bei Notfallkonten.
sso-enforce-ready = Es lässt sich einschalten: Alles, was es sicher macht, ist da.
sso-enforce-not-yet = Es lässt sich noch nicht einschalten, weil sich jemand aussperren könnte. Was fehlt:
sso-enforce-look = Ansehen
sso-enforce-look-on = Es ist an: ansehen
sso-enforce-sessions = { $count ->
    [0] Niemand wird dadurch abgemeldet.
    [one] { $count } Sitzung, die anders begann, endet sofort.
   *[other] { $count } Sitzungen, die anders begannen, enden sofort.
}
sso-enforce = Verlangen
sso-release = Nicht mehr verlangen
sso-release-means = Danach darf man wieder sein Passwort benutzen, wenn man eines hat.
sso-ticks-title = Was es sicher macht
sso-tick-holds = OK
sso-tick-lacks = Fehlt
sso-tick-proved = Die Domain ist bewiesen
sso-tick-proved-how = Trage ihren TXT-Eintrag ein und prüfe ihn.
sso-tick-came-in = Ein Admin ist über eine eingeschaltete Verbindung hereingekommen
sso-tick-came-in-domain = Ein Admin ist über die Verbindung hereingekommen, die die Domain bedient
sso-tick-came-in-how = Lass einen Admin sich einmal darüber anmelden, in einem anderen Browser.
sso-tick-way-back = Es gibt ein Notfallkonto: einen aktiven geschützten Admin mit Passwort
sso-tick-way-back-how = Lege eines an, sonst kommt vielleicht niemand herein, wenn der Anbieter nicht antwortet.
sso-protected-title = Notfallkonten
sso-protected-about = Geschützte Admins kommen mit ihrem Passwort herein, wenn der Anbieter nicht antwortet. Kein Anbieter sieht sie. Behalte mindestens eines, jedes mit zweitem Faktor.
sso-protected-none = Es gibt keines: Wenn der Anbieter nicht antwortet, kommt niemand herein.
sso-protected-inactive = Inaktiv
sso-protected-new = Neues Notfallkonto
sso-account-about = Ein geschützter Admin: ein Konto, das kein Anbieter sieht oder ändert und das sein Passwort auch dort benutzen darf, wo Single Sign-on verlangt wird. Es belegt einen Platz.
sso-account-name = Name
sso-account-email = E-Mail-Adresse
sso-account-email-hint = Womit es sich anmeldet. Eine Adresse, die mehrere lesen, geht auch.
sso-account-password = Passwort
sso-account-password-hint = 12 Zeichen oder mehr. Wer sich zuerst damit anmeldet, muss ein anderes wählen.
sso-account-create = Konto anlegen
sso-account-bad-name = Ein Name hat 1 bis 100 druckbare Zeichen.
sso-account-bad-email = Das ist keine E-Mail-Adresse.
sso-account-bad-password = Ein Passwort hat 12 Zeichen oder mehr und ist nicht endlos.
sso-account-easy-password = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder aus Name oder Adresse gemacht.
sso-clients-title = Die Anmeldung bei AIsoule
sso-clients-about = AIsoule lässt seine Leute sich über die Bridge anmelden („Custom OIDC“) und erfährt von ihr, wer sie sind und was sie dürfen.
sso-client-new = Neuer Login-Client
sso-client-create = Login-Client anlegen
sso-client-redirect = Redirect-URIs
sso-client-redirect-hint = Eine je Zeile; wird Zeichen für Zeichen verglichen.
sso-client-logout = Adressen nach dem Abmelden
sso-client-logout-hint = Eine je Zeile; darf leer sein.
sso-client-backchannel = Back-Channel-Logout-URI
sso-client-backchannel-hint = Wo ihm gesagt wird, dass eine Sitzung endete; darf leer sein.
sso-client-made = Der Login-Client ist da. Das ist sein Geheimnis, es wird nur dieses eine Mal gezeigt:
sso-client-secret = Client-Geheimnis
sso-client-secret-gone = Sein Geheimnis wurde gezeigt, als er angelegt wurde. Wer es verloren hat, legt einen neuen Login-Client an und entfernt diesen.
sso-client-values = Für AIsoule
sso-client-values-about = Öffne in AIsoule Settings → SSO → Custom OIDC und trage dies mit dem Client-Geheimnis ein.
sso-client-addresses = Seine Adressen
sso-client-end-title = Entfernen
sso-client-end-about = Niemand kann sich dort mehr über die Bridge anmelden, und alles, was ihm gegeben wurde, endet sofort.
sso-client-remove = { $name } entfernen
sso-copy-client = Client-ID
sso-copy-hint-client = Wie sich das Programm nennt.
sso-copy-authorization = Authorization-URL
sso-copy-hint-authorization = Wohin man zum Anmelden geschickt wird.
sso-copy-token = Token-URL
sso-copy-hint-token = Wo aus einem Code Token werden.
sso-copy-userinfo = Userinfo-URL
sso-copy-hint-userinfo = Wo Name, Adresse, Rolle und Teams stehen.
sso-copy-issuer = Issuer
sso-copy-hint-issuer = Für Programme, die den Rest selbst finden.

### Webhooks

webhooks-about = Ein Endpunkt erfährt, was im Workspace geschieht, Ereignis für Ereignis, signiert.
webhooks-back = Alle Endpunkte
webhooks-none = Es gibt noch keinen Endpunkt.
webhooks-new = Neuer Endpunkt
webhooks-create = Endpunkt anlegen
webhooks-edit = Bearbeiten
webhooks-edit-title = { $name } bearbeiten
webhooks-field-name = Name
webhooks-field-url = Adresse
webhooks-field-events = Welche Ereignisse
webhooks-field-patterns = Einzelne Ereignisse und Muster
webhooks-field-hours = Stunden, in denen beide gelten
webhooks-field-from = Von (UTC)
webhooks-field-to = Bis vor (UTC)
webhooks-hint-url = https://… Sie wird versiegelt: Später ist nur ihr Anfang zu sehen.
webhooks-hint-url-kept = Jetzt { $url }. Lass das Feld leer, um sie zu behalten.
webhooks-hint-events = Nichts gewählt heißt alles, auch was später dazukommt.
webhooks-hint-patterns = Eines je Zeile: user.created, oder team.* für alle, die so beginnen.
webhooks-hint-hours = 0 bis 168. Mit 0 endet das alte Geheimnis sofort.
webhooks-every-event = Alle Ereignisse, die es gibt
webhooks-family-user = Personen
webhooks-family-group = Gruppen
webhooks-family-role = Rollen
webhooks-family-team = Teams
webhooks-family-rule = Regeln
webhooks-family-seat = Plätze
webhooks-family-session = Sitzungen
webhooks-family-conversation = Konversationen
webhooks-family-workspace = Der Workspace
webhooks-family-connection = Verbindungen
webhooks-family-domain = Domains
webhooks-family-sso = Verlangtes Single Sign-on
webhooks-family-review = Zugriffsprüfungen
webhooks-family-mail = Mail
webhooks-events-all = Alle
webhooks-column-state = Zustand
webhooks-column-events = Ereignisse
webhooks-column-success = Zuletzt zugestellt
webhooks-column-failure = Zuletzt gescheitert
webhooks-column-event = Ereignis
webhooks-column-happened = Geschehen
webhooks-column-attempts = Versuche
webhooks-column-answer = Antwort
webhooks-column-origin = Warum es gesendet wird
webhooks-endpoint-active = Aktiv
webhooks-endpoint-failing = Gestört
webhooks-endpoint-disabled = Abgeschaltet
webhooks-state-any = Jeder
webhooks-state-waiting = Wartet
webhooks-state-delivered = Zugestellt
webhooks-state-dead = Aufgegeben
webhooks-state-discarded = Verworfen
webhooks-origin-event = Es ist geschehen
webhooks-origin-replay = Erneut gesendet
webhooks-origin-test = Test
webhooks-means-waiting = Es wurde noch nicht angenommen. Es wird von selbst wieder versucht, nach immer längeren Pausen.
webhooks-means-delivered = Der Endpunkt hat es angenommen.
webhooks-means-dead = Es wurde aufgegeben: Der Endpunkt nahm es nicht an oder lehnte es endgültig ab. Es lässt sich erneut senden.
webhooks-means-discarded = Es wurde aufgegeben, und jemand hat gesagt, dass es niemand mehr braucht.
webhooks-oldest = das älteste von { $ago }
webhooks-failing-since = Hat nichts angenommen seit
webhooks-old-secret = Altes Geheimnis
webhooks-until = gilt bis { $at }
webhooks-problem = Was schiefging
webhooks-secret = Signaturgeheimnis
webhooks-made = Der Endpunkt ist da. Das ist sein Signaturgeheimnis, es wird nur dieses eine Mal gezeigt:
webhooks-rotated = Das ist das neue Signaturgeheimnis, es wird nur dieses eine Mal gezeigt:
webhooks-secret-use = Gib es dem, der empfängt: Damit prüft er, ob eine Zustellung von hier kommt.
webhooks-secret-kept = Ich habe es aufbewahrt
webhooks-old-until = Zustellungen werden bis { $at } mit beiden Geheimnissen signiert.
webhooks-old-ended = Das alte Geheimnis gilt nicht mehr.
webhooks-rotate = Geheimnis ersetzen…
webhooks-rotate-title = Das Geheimnis von { $name } ersetzen
webhooks-rotate-about = Eine Zeit lang wird mit beiden Geheimnissen signiert, damit der Empfänger in Ruhe umstellen kann.
webhooks-rotate-under-way = Es wurde schon ersetzt: Das vorige gilt bis { $at }. Jetzt lässt es sich nur mit 0 Stunden noch einmal ersetzen; dann enden beide.
webhooks-rotate-do = Geheimnis ersetzen
webhooks-test = Test senden
webhooks-enable = Einschalten
webhooks-disable = Abschalten
webhooks-delete = Löschen…
webhooks-delete-title = { $name } löschen?
webhooks-delete-means = Das lässt sich nicht rückgängig machen. Was geschehen wird:
webhooks-delete-waiting = { $count ->
    [0] Nichts wartet auf ihn.
    [one] { $count } wartende Zustellung wird nie gesendet.
   *[other] { $count } wartende Zustellungen werden nie gesendet.
}
webhooks-delete-dead = { $count ->
    [0] Nichts Aufgegebenes geht verloren.
    [one] { $count } aufgegebene Zustellung lässt sich nicht mehr senden.
   *[other] { $count } aufgegebene Zustellungen lassen sich nicht mehr senden.
}
webhooks-delete-log = Sein Protokoll und sein Geheimnis verschwinden.
webhooks-delete-do = { $name } löschen
webhooks-done-deleted = Der Endpunkt ist gelöscht.
webhooks-endpoint-done-saved = Gespeichert.
webhooks-endpoint-done-enabled = Er erfährt wieder, was geschieht, mit allem, was wartet.
webhooks-endpoint-done-disabled = Er erfährt nichts. Was inzwischen geschieht, erfährt er, wenn er wieder eingeschaltet wird, soweit es dann noch da ist.
webhooks-endpoint-done-replayed = Sie sind wieder unterwegs.
webhooks-endpoint-done-nothing = Es gab nichts erneut zu senden.
webhooks-endpoint-done-discarded = Niemand wird mehr an sie erinnert.
webhooks-delivery-done-sent = Der Test ist unterwegs. Was daraus wird, zeigt sich hier.
webhooks-delivery-done-replayed = Es ist wieder unterwegs.
webhooks-delivery-done-discarded = Niemand wird mehr daran erinnert.
webhooks-deliveries = Zustellungen
webhooks-deliveries-none = Es gibt keine solche Zustellung.
webhooks-newest = Neueste
webhooks-no-answer = Keine
webhooks-not-tried = Noch nicht versucht
webhooks-took = { $milliseconds } ms
webhooks-fate = Was daraus wurde
webhooks-first-tried = Zuerst versucht
webhooks-last-tried = Zuletzt versucht
webhooks-replay-now = Jetzt versuchen
webhooks-replay-one = Erneut senden
webhooks-discard-one = Verwerfen
webhooks-dead-title = Was aufgegeben wurde
webhooks-dead-about = { $count ->
    [0] Nichts wurde aufgegeben.
    [one] { $count } Zustellung wurde aufgegeben.
   *[other] { $count } Zustellungen wurden aufgegeben.
}
webhooks-replay-dead = Alle erneut senden
webhooks-discard-dead = Alle verwerfen
webhooks-span-title = Eine Zeitspanne erneut senden
webhooks-span-about = Alles, was darin geschah und was dieser Endpunkt wissen will, wird noch einmal gesendet, auch was er schon annahm.
webhooks-span-do = Erneut senden
webhooks-bad-span = Sag, von wann bis wann, beides mit Tag und Uhrzeit.

### Connector

connector-about = Hält einen entfernten AIsoule-Workspace diesem hier gleich: Personen, ihre Rollen und ihre Teams, über seine REST-API.
connector-none = Es gibt keinen Connector: Nichts hält AIsoule diesem Workspace gleich.
connector-new = AIsoule verbinden
connector-create = Verbinden
connector-edit = Bearbeiten
connector-edit-title = Den Connector bearbeiten
connector-field-profile = Profil
connector-field-url = Adresse der API
connector-field-key = API-Schlüssel
connector-field-adopts = Konten übernehmen, die schon da sind
connector-hint-profile = Wie dieses AIsoule angesprochen wird; aus den Einstellungen der Bridge.
connector-hint-url = Leer: die des Profils.
connector-hint-key = Ein Schlüssel des entfernten Workspace, der Benutzer, Rollen und Teams lesen und schreiben darf. Er wird versiegelt und nie wieder gezeigt.
connector-hint-key-kept = Einer ist hinterlegt. Gib ihn neu ein, wenn du Adresse oder Profil änderst: Er geht nie woanders hin, als er eingegeben wurde.
connector-hint-adopts = Ein Konto dort mit jemandes Adresse wird ohne Rückfrage das seine. Sonst entscheidest du über jedes einzeln.
connector-done-created = Der Connector ist da. Alle werden hinübergebracht.
connector-done-saved = Gespeichert.
connector-done-removed = Der Connector ist entfernt. Auf der anderen Seite wurde nichts geändert.
connector-done-paused = Er ist angehalten: Nichts wird gesendet. Was sich ändert, wird gemerkt.
connector-done-resumed = Er macht weiter, auch mit dem, was feststeckte.
connector-done-claimed = Das Konto dort gehört jetzt der Person. Was noch zu tun ist, folgt von selbst.
connector-done-asked = Beide Seiten werden verglichen. Der Bericht erscheint hier, sobald er da ist.
connector-done-mending = Beide Seiten werden verglichen, und was abweicht, wird ausgebessert.
connector-state = Zustand
connector-state-running = Läuft
connector-state-paused = Angehalten
connector-state-stopped = Gestoppt
connector-fact-adopts = Konten, die schon da sind
connector-adopts-yes = Werden anhand der Adresse übernommen
connector-adopts-no = Werden einzeln entschieden
connector-fact-waiting = Unterwegs
connector-fact-stuck = Braucht eine Entscheidung
connector-fact-success = Letzter Erfolg
connector-fact-compared = Zuletzt verglichen
connector-oldest = das älteste von { $ago }
connector-pause = Anhalten
connector-resume = Weitermachen
connector-retry = Jetzt alles noch einmal versuchen
connector-remove = Entfernen…
connector-remove-title = Den Connector entfernen?
connector-remove-means = { $url } wird diesem Workspace nicht mehr gleich gehalten. Was geschehen wird:
connector-remove-there = Dort ändert sich nichts: Jedes Konto bleibt, wie es ist, auch von denen, die später gehen.
connector-remove-links = Wer dort wer ist, wird vergessen. Bei einer neuen Verbindung wird nach vorhandenen Konten neu gefragt.
connector-remove-key = Der Schlüssel und die Berichte werden gelöscht.
connector-remove-do = Den Connector entfernen
connector-work-title = Was nicht angekommen ist
connector-work-none = Alles ist angekommen.
connector-work-shown = { $count } von { $total }
connector-column-who = Wer oder was
connector-column-since = Seit
connector-column-why = Warum
connector-column-remedy = Was hilft
connector-leaving = Geht
connector-stuck = Braucht eine Entscheidung
connector-on-its-way = Unterwegs.
connector-tries = Versuche: { $count }. Nächster: { $next }.
connector-claim = Das Konto gehört dazu
connector-then-retry = Bring es in Ordnung und versuche dann alles noch einmal.
connector-compare-title = Vergleiche
connector-compare-about = Ein Vergleich sieht sich beide Seiten an und sagt, wo sie abweichen. Er ändert nichts.
connector-compare = Beide Seiten vergleichen
connector-wanted-compare = Ein Vergleich ist unterwegs.
connector-wanted-apply = Ein Vergleich, der ausbessert, was er findet, ist unterwegs.
connector-column-at = Wann
connector-column-people = Personen
connector-column-kind = Wie es abweicht
connector-column-field = Worin
connector-column-here = Hier
connector-column-there = Dort
connector-kind-missing = Fehlt dort
connector-kind-extra = Nur dort
connector-kind-unclaimed = Noch niemandes
connector-kind-different = Verschieden
connector-what-user = Benutzer
connector-what-team = Team
connector-what-membership = Teammitgliedschaft
connector-differs-email = E-Mail-Adresse
connector-differs-full-name = Name
connector-differs-role-id = Rolle
connector-differs-is-active = Aktiv
connector-differs-name = Name
connector-differs-description = Beschreibung
connector-differs-assignment-strategy = Zuweisung
connector-report-title = Abweichungsbericht
connector-report-about = Am { $at }: { $users } Personen hier, { $accounts } Konten dort, { $teams } Teams.
connector-report-waiting = { $count ->
    [one] { $count } Person blieb außen vor, weil sie dort ohnehin gleich geändert wird.
   *[other] { $count } Personen blieben außen vor, weil sie dort ohnehin gleich geändert werden.
}
connector-report-same = Beide Seiten sind gleich.
connector-report-found = { $count ->
    [one] { $count } Abweichung.
   *[other] { $count } Abweichungen.
}
connector-mend-title = Ausbessern
connector-mend-about = { $count ->
    [one] { $count } Abweichung lässt sich ausbessern: Die andere Seite wird, was diese ist.
   *[other] { $count } Abweichungen lassen sich ausbessern: Die andere Seite wird, was diese ist.
}
connector-mend-never = Vorher wird noch einmal verglichen. Niemand wird dort gelöscht, und niemand deaktiviert, der hier nicht bekannt ist.
connector-mend-none = Davon lässt sich von hier nichts ausbessern: Es braucht zuerst eine Entscheidung, oder es gibt es nur dort.
connector-mend-sure = Den entfernten Workspace ändern
connector-mend-unsure = Es wurde nichts geändert: Setze das Häkchen, dass du es so meinst.
connector-mend = Ausbessern
