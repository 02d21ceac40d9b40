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
nav-setup-links = Einrichtungslinks
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

### Einrichten

setup-used-title = Dieser Link wurde schon benutzt
setup-used = Es gibt jetzt einen Workspace, deshalb öffnet dieser Link nichts mehr. Wenn du ihn nicht angelegt hast, wende dich sofort an den Betreiber dieser Bridge.
setup-log-in = Anmelden
setup-ended-title = Der Link funktioniert nicht mehr
setup-ended = Dieser Link ist abgelaufen, wurde widerrufen oder ist nicht vollständig kopiert. Bitte die Person, die ihn dir geschickt hat, um einen neuen.
setup-left-title = Du hast die Einrichtung verlassen
setup-left = Dieser Browser hat den Link vergessen. Solange der Link gilt, kannst du ihn wieder öffnen und weitermachen.
setup-leave = Einrichtung verlassen
setup-steps = Schritte
setup-step-done = erledigt
setup-step-account = Workspace und Admin
setup-step-factor = Zweiter Faktor
setup-step-provider = Anbieter
setup-step-connect = Verbinden
setup-step-arrived = Was ankam
setup-continue = Weiter
setup-first-title = AIsoule einrichten
setup-first-about = Fünf Schritte: dein Workspace und Konto, ein zweiter Faktor, dein Identitätsanbieter, die Verbindung dorthin und ein Blick auf das, was ankommt. Nach jedem kannst du aufhören und später weitermachen.
setup-first-workspace = Dein Workspace
setup-first-name = Name des Workspace
setup-first-plan = Tarif
setup-first-admin = Dein Konto
setup-first-protected = Es ist der erste Admin. Kein Identitätsanbieter kann es sehen, ändern oder deaktivieren, damit es immer einen Weg hinein gibt.
setup-first-person = Dein Name
setup-first-email = Deine E-Mail-Adresse
setup-first-password = Passwort
setup-first-password-hint = 12 Zeichen oder mehr. Ein paar Wörter, die nichts miteinander zu tun haben, sind ein gutes.
setup-first-create = Workspace anlegen und anmelden
setup-wrong-workspace = Der Name eines Workspace hat 1 bis 100 druckbare Zeichen.
setup-wrong-name = Dein Name hat 1 bis 255 Zeichen.
setup-wrong-email = Gib eine E-Mail-Adresse ein, etwa anna@example.com.
setup-wrong-provider = Wähle einen Anbieter.
setup-wrong-secret = Das Client-Secret hat höchstens 10.000 Zeichen.
setup-no-secret = Gib das Client-Secret ein.
setup-not-connected = Speichere zuerst die Verbindung.
setup-password-short = Wähle ein Passwort mit 12 Zeichen oder mehr.
setup-password-long = Wähle ein kürzeres Passwort: höchstens 1.024 Bytes.
setup-password-easy = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder besteht aus deinem Namen oder deiner Adresse.
setup-factor-title = Schütze dein Konto
setup-factor-about = Dein Konto darf in diesem Workspace alles. Ein Code aus einer Authenticator-App auf deinem Handy hält jeden draußen, der dein Passwort erfährt. Die Einrichtung öffnet sich in einem neuen Tab; komm danach hierher zurück.
setup-factor-set-up = Einrichten (neuer Tab)
setup-factor-look = Ich habe ihn eingerichtet
setup-factor-there = Dein Konto hat einen zweiten Faktor.
setup-factor-later = Jetzt nicht
setup-factor-warning = Ohne zweiten Faktor öffnet ein einziges erratenes oder gestohlenes Passwort diesen Workspace mit allen seinen Leuten. Deine Kontoseite erinnert dich daran.
setup-factor-skip = Ohne zweiten Faktor weiter
setup-customer-about = Du verbindest den Identitätsanbieter deines Unternehmens mit dem Workspace { $workspace }. Der Link „{ $name }“ gilt bis { $until }.
setup-provider-title = Wähle deinen Identitätsanbieter
setup-provider-about = Er führt die Liste der Leute: Wer dort dazukommt, erscheint hier, und wer dort geht, kann sich hier nicht mehr anmelden.
setup-provider-which = Anbieter
setup-provider-okta = Okta
setup-provider-entra = Microsoft Entra ID
setup-provider-other = Ein anderer mit SCIM 2.0 und OpenID Connect
setup-connect-title = Verbinden: { $provider }
setup-connect-about = Zweierlei wird mit { $workspace } verbunden: die Bereitstellung, die Leute und Gruppen bringt, und Single Sign-on, über das sie sich anmelden. Jedes geht ohne das andere.
setup-provisioning = Bereitstellung
setup-provisioning-about = Trage diese Adresse und dieses Token bei deinem Anbieter ein.
setup-scim-url = SCIM-Basis-URL
setup-token = Token
setup-token-none = noch nicht erstellt
setup-token-once = Das ist das Token. Es wird nur dieses eine Mal gezeigt: Kopiere es jetzt.
setup-token-make = Token erstellen
setup-token-again = Neues Token erstellen
setup-token-ends = Ein neues Token beendet das vorhandene: Die Bereitstellung ruht, bis das neue beim Anbieter eingetragen ist.
setup-copy-token = Token kopieren
setup-copy-scim = SCIM-Basis-URL kopieren
setup-copy-callback = Redirect-URI kopieren
setup-copy-initiate = Adresse für den Beginn der Anmeldung kopieren
setup-guide-scim-okta = In Okta: Applications → deine App → Provisioning → Integration. „SCIM connector base URL“ ist die Adresse, „Unique identifier field for users“ ist userName, „Authentication Mode“ ist HTTP Header mit dem Token. Schalte danach Create, Update und Deactivate Users ein.
setup-guide-scim-entra = In Entra: Unternehmensanwendungen → deine App → Bereitstellung → Automatisch. „Mandanten-URL“ ist die Adresse, „Geheimes Token“ ist das Token. Wähle „Verbindung testen“, speichere, weise Leute und Gruppen zu und starte die Bereitstellung.
setup-guide-scim-other = Dein Anbieter fragt nach einer SCIM-2.0-Basis-URL und einem Bearer-Token.
setup-sign-in = Single Sign-on
setup-sign-in-about = Lege bei deinem Anbieter eine OpenID-Connect-Anwendung an, trage dort diese Adressen ein und nenne uns ihren Client.
setup-callback = Redirect-URI
setup-initiate = Adresse für den Beginn der Anmeldung
setup-guide-sso-okta = In Okta: Applications → Create App Integration → OIDC, Web Application. „Sign-in redirect URI“ ist die erste Adresse, „Initiate login URI“ die zweite.
setup-guide-sso-entra = In Entra: App-Registrierungen → Neue Registrierung, ein Mandant; der Umleitungs-URI vom Typ Web ist die erste Adresse. Erstelle danach unter „Zertifikate und Geheimnisse“ einen geheimen Clientschlüssel.
setup-guide-sso-other = Die Anwendung ist eine Webanwendung mit Authorization-Code-Flow; sie hat eine Client-ID und ein Client-Secret.
setup-connection-name = Name der Verbindung
setup-issuer = Issuer
setup-guide-issuer-okta = Deine Okta-Adresse, etwa https://acme.okta.com.
setup-guide-issuer-entra = https://login.microsoftonline.com/MANDANTEN-ID/v2.0, mit der ID deines Mandanten.
setup-guide-issuer-other = Genau so, wie dein Anbieter ihn schreibt, beginnend mit https://.
setup-client-id = Client-ID
setup-secret = Client-Secret
setup-secret-kept = Eines ist gespeichert. Lass das Feld leer, um es zu behalten; gib es neu ein, wenn sich sonst etwas am Client ändert.
setup-connection-save = Verbindung speichern
setup-test = Verbindung testen
setup-test-found = Was der Test ergab
setup-test-fine = OK
setup-test-warning = Sieh das an
setup-test-failed = Fehlgeschlagen
setup-domains = Domains
setup-domains-about = Wer eine Adresse einer Domain eingibt, die du nachgewiesen hast, wird zum Anmelden zu deinem Anbieter geführt.
setup-domains-later = Speichere zuerst die Verbindung; danach kannst du Domains hinzufügen.
setup-domain = Domain
setup-domain-add = Domain hinzufügen
setup-domain-proved = nachgewiesen
setup-domain-open = noch nicht nachgewiesen
setup-domain-record = Trage diesen TXT-Eintrag in deinem DNS ein (Name, dann Wert) und prüfe ihn dann:
setup-domain-problem = Bei der letzten Prüfung: { $problem }.
setup-domain-verify = Prüfen
setup-domain-remove = Entfernen
setup-done-connection = Die Verbindung ist gespeichert. Teste sie als Nächstes.
setup-done-domain = Die Domain ist hinzugefügt.
setup-done-removed = Die Domain ist entfernt.
setup-done-proved = Die Domain ist nachgewiesen.
setup-done-unproved = Der Eintrag wurde noch nicht gefunden. Änderungen im DNS können dauern; prüfe später noch einmal.
setup-ready = Fertig?
setup-ready-about = Sag der Person, die dir den Link geschickt hat, dass deine Seite von { $workspace } verbunden ist. Solange der Link gilt, kannst du über ihn zurückkommen und ändern, was du eingetragen hast.
setup-arrived-title = Was ankam
setup-arrived-about = Starte jetzt die Bereitstellung bei deinem Anbieter. Diese Seite zeigt von selbst, wenn etwas ankommt.
setup-arrived-request = Erste Anfrage deines Anbieters
setup-arrived-no-token = Es gibt noch kein Token: Erstelle eines im Schritt davor.
setup-arrived-user = Leute, die er gebracht hat
setup-arrived-waiting = wartet
setup-next = Wie es weitergeht
setup-next-users = Benutzer: wer hier ist, und mit welcher Rolle
setup-next-rules = Regeln: welche Gruppe welche Rolle und Teams gibt
setup-next-sso = Single Sign-on: verlange es, sobald ein Admin darüber hereingekommen ist
setup-next-requests = Anfragen: was dein Anbieter gesendet hat und warum etwas fehlschlug
setup-finish = Einrichtung abschließen
setup-welcome-title = Verbinde deinen Identitätsanbieter
setup-welcome-about = { $by } lädt dich ein, den Identitätsanbieter deines Unternehmens mit dem AIsoule-Workspace { $workspace } zu verbinden. Du brauchst dafür kein Konto.
setup-welcome-users = Bereitstellung: deine Leute und Gruppen, über SCIM
setup-welcome-sign-in = Single Sign-on: wie sie sich anmelden, über OpenID Connect
setup-welcome-domains = Domains: welche E-Mail-Adressen zu deinem Unternehmen gehören
setup-welcome-limits = Über diesen Link kannst du diese drei sehen und ändern und sonst nichts vom Workspace.
setup-welcome-name = Link
setup-welcome-until = Gilt bis
setup-begin = Beginnen
setup-links-title = Einrichtungslinks
setup-links-about = Mit so einem Link verbindet die IT eines Unternehmens ihren eigenen Identitätsanbieter mit diesem Workspace: eine Verbindung, deren Domains und ein Token. Dafür braucht es kein Konto, und sonst ist nichts zu sehen oder zu ändern.
setup-links-made = Der Link
setup-links-once = Er wird nur dieses eine Mal gezeigt: Kopiere ihn jetzt und schicke ihn der IT des Unternehmens.
setup-links-copy = Link kopieren
setup-links-new = Neuer Link
setup-links-name = Name
setup-links-days = Tage, die er gilt
setup-links-create = Link erstellen
setup-links-wrong-days = Gib eine Zahl von Tagen ein.
setup-links-all = Alle Links
setup-links-none = Es gibt noch keinen.
setup-links-state = Stand
setup-links-state-waiting = noch nicht geöffnet
setup-links-state-opened = geöffnet
setup-links-state-revoked = widerrufen
setup-links-state-expired = abgelaufen
setup-links-by = Erstellt von
setup-links-ends = Gilt bis
setup-links-end = Aktion
setup-links-revoke = Widerrufen
setup-links-done-revoked = Der Link ist widerrufen. Was über ihn entstanden ist, bleibt.
setup-plan = { $title }: { $count ->
    [one] { $count } Platz
   *[other] { $count } Plätze
}
setup-arrived-users = { $count ->
    [one] { $count } Person
   *[other] { $count } Personen
}
