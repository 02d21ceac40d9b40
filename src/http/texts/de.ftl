# Was die Seiten sagen, auf Deutsch. Englisch steht in en.ftl, unter denselben Namen, in derselben Reihenfolge.

### Der Kalender

calendar-months = Januar Februar März April Mai Juni Juli August September Oktober November Dezember
calendar-day = { $day }. { $month } { $year }
calendar-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
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
frame-logout = Abmelden
frame-language = Sprache
frame-forbidden-title = Nicht für deine Rolle
frame-forbidden = Deiner Rolle fehlt die Berechtigung { $permission }. Ein Admin kann dir eine Rolle geben, die sie hat.
frame-search = Suchen
frame-filter = Filtern
frame-save = Speichern
frame-cancel = Abbrechen
frame-back = Zurück
frame-newer = Neuere
frame-older = Ältere
frame-previous = Zurück
frame-next = Weiter
frame-page = Seite { $page } von { $pages }
frame-copy = Kopieren
frame-copied = Kopiert
frame-live = Aktualisiert sich selbst
frame-choose-all = Alle auf dieser Seite wählen
frame-reader-changed = Was du sehen und tun darfst, hat sich geändert. Was du eingegeben hast, steht noch hier, bis du die Seite neu lädst.
frame-reader-reload = Seite neu laden
frame-reader-ended = Du bist nicht mehr angemeldet. Was du eingegeben hast, steht noch hier; melde dich in einem zweiten Fenster an und komm zu diesem zurück.
frame-reader-login = Anmelden
frame-stands = Jemand anders hat es geändert, seit du dieses Formular geöffnet hast. So ist es jetzt.
frame-stands-hint = Was du eingegeben hast, steht noch unten und ist nicht gespeichert. Wenn du es noch einmal speicherst, tritt es an diese Stelle.
frame-retype = Was geheim ist, wird nicht noch einmal gezeigt. Gib es erneut ein: { $fields }.
frame-language-choose = In welcher Sprache liest du?
frame-yes = Ja
frame-no = Nein

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
nav-keys = API-Schlüssel
nav-health = Zustand
nav-audit = Audit-Log
nav-reviews = Zugriffsprüfung

### Warum etwas nicht getan wurde

trouble-not-found = Das gibt es nicht mehr.
trouble-clash = Es gibt schon { $kind } mit demselben Wert im Feld { $attribute }.
trouble-seats = Kein Platz ist frei: { $plan }, { $used } von { $limit } belegt.
trouble-changed = Es hat sich inzwischen geändert. Sieh noch einmal nach und entscheide dann.
trouble-last-admin = Der letzte aktive Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Mach zuerst jemand anderen zum Admin.
trouble-last-protected = Der letzte geschützte Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen. Lege zuerst einen weiteren an.
trouble-forbidden = Das betrifft Berechtigungen, die du selbst nicht hast: { $missing }.
trouble-not-told-of = Das Ereignis { $event } erzählt, wofür man die Berechtigung { $permission } braucht, und die hast du selbst nicht. Lass es weg, oder lass dir die Berechtigung geben.
trouble-owned = { $field }: { $detail }. Setze das Häkchen, dass du es so meinst, um es trotzdem zu tun und zu behalten.
trouble-was-owned = { $detail }. Wer es trotzdem so meint, setzt das Häkchen dafür.
trouble-provider-says = { $sentence } Er sagt: { $words }
trouble-in-use = { $name } wird benutzt ({ $users } Benutzer, { $rules ->
    [one] 1 Regel
   *[other] { $rules } Regeln
}). Gib ihnen zuerst etwas anderes.
trouble-enforced = Man muss sich darüber anmelden. Hebe das zuerst auf.
trouble-nobody-came-in = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn ein Admin einmal über sie hereingekommen ist. Lass einen Admin sich darüber anmelden und versuche es dann noch einmal.
trouble-no-way-back = Die Anmeldung über eine Verbindung kann erst verlangt werden, wenn es einen Weg ohne sie gibt. Lege zuerst einen geschützten Admin mit Passwort an.
trouble-other = Das geht nicht: { $detail }.
trouble-invalid = Das geht nicht. { $field }: { $detail }.

trouble-kind-user = einen Benutzer
trouble-kind-group = eine Gruppe
trouble-kind-workspace = einen Workspace
trouble-kind-team = ein Team
trouble-kind-role = eine Rolle
trouble-kind-rule = eine Regel
trouble-kind-endpoint = einen Endpunkt
trouble-kind-connection = eine Verbindung
trouble-kind-connector = einen Connector
trouble-kind-client = einen Client
trouble-kind-domain = eine Domain

trouble-attribute-name = Name
trouble-attribute-description = Beschreibung
trouble-attribute-username = userName
trouble-attribute-emails = E-Mail
trouble-attribute-email = E-Mail
trouble-attribute-externalid = externalId
trouble-attribute-displayname = Anzeigename
trouble-attribute-workspace = Workspace
trouble-attribute-group = Gruppe
trouble-attribute-group-id = Gruppe
trouble-attribute-domain = Domain
trouble-attribute-secret = Client-Geheimnis
trouble-attribute-api-key = API-Schlüssel
trouble-attribute-base-url = Adresse der API
trouble-attribute-profile = Profil
trouble-attribute-issuer = Aussteller (Issuer)
trouble-attribute-client-id = Client-ID
trouble-attribute-scopes = Weitere Scopes
trouble-attribute-groups-claim = Claim mit den Gruppen
trouble-attribute-roles-claim = Claim mit den Rollen
trouble-attribute-key-id = Wie der Anbieter den Schlüssel nennt
trouble-attribute-auth-method = Wie die Bridge beweist, wer sie ist
trouble-attribute-authorization-url = Authorization-URL
trouble-attribute-token-url = Token-URL
trouble-attribute-userinfo-url = Userinfo-URL
trouble-attribute-default-role-id = Rolle der Aufgenommenen
trouble-attribute-auto-create-users = Benutzer anlegen
trouble-attribute-connection = Verbindung
trouble-attribute-connection-id = Verbindung
trouble-attribute-url = Adresse
trouble-attribute-events = Ereignisse
trouble-attribute-overlap-hours = Stunden, in denen beide gelten
trouble-attribute-redirect-uris = Redirect-URIs
trouble-attribute-post-logout-redirect-uris = Adressen nach dem Abmelden
trouble-attribute-backchannel-logout-uri = Back-Channel-Logout-URI
trouble-attribute-seats = Plätze
trouble-attribute-plan = Plan
trouble-attribute-members = Mitglieder
trouble-attribute-role = Rolle
trouble-attribute-role-id = Rolle
trouble-attribute-rule = Regel
trouble-attribute-teams = Teams
trouble-attribute-team = Team
trouble-attribute-user = Benutzer
trouble-attribute-user-id = Benutzer
trouble-attribute-endpoint = Endpunkt
trouble-attribute-delivery = Zustellung
trouble-attribute-to = bis
trouble-attribute-from = von
trouble-attribute-expires-at = Ende
trouble-attribute-review = Prüfung
trouble-attribute-as-of = Stichtag
trouble-attribute-days = Tage
trouble-attribute-is-default = Standardrolle
trouble-attribute-second-factor = zweiter Faktor

### Anmelden

login-title = Anmelden
login-email = E-Mail-Adresse
login-password = Passwort
login-continue = Weiter
login-or = oder
login-with = Mit { $provider } anmelden
login-by-password = Mit Passwort anmelden
login-other = Andere Adresse
login-back = Zurück zur Anmeldung
login-no-email = Gib eine E-Mail-Adresse ein, zum Beispiel anna@example.com.
login-failed = Zu dieser Adresse und diesem Passwort gehört kein Konto. Prüfe beides; danach kannst du über „Passwort vergessen?“ ein neues wählen.
login-several = Wenn du zu mehreren Workspaces gehörst, melde dich an der Adresse deines eigenen an: { $address }.

forgot-title = Passwort vergessen?
forgot-lead = Gib die Adresse ein, mit der du dich anmeldest. Du bekommst eine E-Mail mit einem Link, über den du ein neues Passwort wählst.
forgot-send = Link senden
forgot-sent-title = Sieh in dein Postfach
forgot-sent = Wenn ein Konto diese Adresse hat, ist eine E-Mail mit einem Link unterwegs. Der Link gilt eine Stunde und nur einmal. Wenn keine E-Mail kommt, sieh im Spam-Ordner nach oder frag einen Admin deines Workspace.

password-new = Neues Passwort
password-first-title = Wähle dein eigenes Passwort
password-first = Das Passwort, mit dem du dich angemeldet hast, hat jemand anderes festgelegt. Wähle eines, das nur du kennst.
password-change-title = Passwort ändern
password-change = Deine anderen Sitzungen enden, wenn du es änderst.
password-present = Bisheriges Passwort
password-hint = { $count } Zeichen oder mehr. Ein paar Wörter, die nichts miteinander zu tun haben, ergeben ein gutes.
password-save-new = Neues Passwort speichern
password-save = Passwort speichern
password-wrong = Das ist nicht dein bisheriges Passwort.
password-same = Wähle ein anderes Passwort als das bisherige.
password-changed-elsewhere = Dein Passwort wurde inzwischen an anderer Stelle geändert. Melde dich noch einmal an.
password-easy = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder besteht aus deinem eigenen Namen oder deiner Adresse. Ein paar Wörter, die nichts miteinander zu tun haben, ergeben ein gutes.
password-none-title = Noch kein Passwort
password-none = Dein Konto hat kein Passwort. Über einen Link in einer E-Mail kannst du eines wählen.
password-none-next = Link anfordern
password-link-title = Passwort wählen
password-link = Für { $email }. Du bist damit sofort angemeldet.
password-link-useless-title = Der Link gilt nicht mehr
password-link-useless = Dieser Link wurde schon benutzt, ist zu alt oder wurde durch einen neueren ersetzt. Fordere einen neuen an.
password-link-another = Neuen Link anfordern

factor-title = Zweiter Faktor
factor-enter-title = Gib deinen Code ein
factor-enter = Öffne die Authenticator-App auf deinem Telefon und gib die sechs Ziffern ein, die sie für AIsoule zeigt.
factor-code = Code
factor-code-hint = Ohne dein Telefon gib einen deiner Wiederherstellungscodes ein.
factor-failed = Dieser Code ist nicht der aktuelle oder wurde schon benutzt. Warte auf den nächsten und prüfe, ob die Uhr deines Telefons richtig geht.
factor-bare = Dieses Konto öffnet den Workspace, wenn sonst nichts mehr geht, und ein Passwort allein öffnet dieses Konto. Richte jetzt einen zweiten Faktor ein.
factor-lead = Ein Code aus einer Authenticator-App auf deinem Telefon, nach dem nach deinem Passwort gefragt wird. Wer nur dein Passwort erfährt, kommt nicht hinein.
factor-password = Dein Passwort
factor-set-up = Einrichten
factor-scan = Scanne dieses Bild mit deiner Authenticator-App und gib dann die sechs Ziffern ein, die sie zeigt.
factor-picture = QR-Code für die Authenticator-App; der Schlüssel darunter ist dasselbe als Text
factor-key = Oder gib diesen Schlüssel von Hand ein:
factor-confirm = Bestätigen
factor-is = Er ist eingerichtet: Nach deinem Passwort wird ein Code von deinem Telefon verlangt.
factor-is-protected = Dieses Konto öffnet den Workspace, wenn sonst nichts mehr geht; lass es geschützt.
factor-later = Später: bei der nächsten Anmeldung erinnern
factor-wrong-password = Das ist nicht dein Passwort.
factor-wrong-code = Dieser Code ist nicht der aktuelle. Prüfe, ob die Uhr deines Telefons richtig geht.

recovery-title = Wiederherstellungscodes
recovery-keep = Bewahre deine Wiederherstellungscodes auf
recovery-done = Der zweite Faktor ist eingerichtet.
recovery-lead = Mit jedem dieser Codes kannst du dich einmal ohne dein Telefon anmelden. Sie werden nur dieses eine Mal gezeigt: Drucke sie aus oder lege sie in deinem Passwortspeicher ab.
recovery-kept = Ich habe sie aufbewahrt

logout-title = Abmelden?
logout-who = Du bist als { $name } angemeldet.
logout-stay = Angemeldet bleiben
logout-done-title = Abgemeldet
logout-done = Du bist in diesem Browser abgemeldet.
logout-again = Wieder anmelden

### Das eigene Konto

account-title = Dein Konto
account-back = Zurück zu deinem Konto
account-role = { $role } in { $workspace }
account-urgent = Dieses Konto öffnet den Workspace, wenn sonst nichts mehr geht. Schütze es mit einem zweiten Faktor.
account-settings = Einstellungen von { $workspace }
account-ways = Anmeldung
account-password-is = Du hast eines.
account-password-none = Du hast keines; du meldest dich über deine Firma an.
account-password-change = Ändern
account-password-choose = Wählen
account-factor-is = { $count ->
    [one] Ein Code von deinem Telefon wird verlangt. Noch 1 Wiederherstellungscode.
   *[other] Ein Code von deinem Telefon wird verlangt. Noch { $count } Wiederherstellungscodes.
}
account-factor-none = Nicht eingerichtet. Ein Code von deinem Telefon hält andere fern, die dein Passwort erfahren.
account-factor-look = Ansehen
account-sessions = Wo du angemeldet bist
account-sessions-end = Alle anderen Sitzungen beenden
account-session = Angemeldet { $door }, { $began }; { $used }
account-session-from = Angemeldet { $door } von { $address }, { $began }; { $used }
account-door-sso = über deine Firma
account-used-now = gerade eben benutzt
account-used-minutes = zuletzt vor { $count } Minuten benutzt
account-used-hours = zuletzt vor { $count } Stunden benutzt
account-done-password = Dein Passwort ist geändert. Deine anderen Sitzungen sind beendet.
account-done-session = Die Sitzung ist beendet.
account-done-sessions = Deine anderen Sitzungen sind beendet.
account-done-factor-removed = Der zweite Faktor ist entfernt.

### Was geantwortet wird, wo es keine Seite gibt

notice-login = Anmelden
notice-account = Dein Konto
notice-nowhere-title = Nicht gefunden
notice-nowhere = An dieser Adresse gibt es nichts. Vielleicht ist sie vertippt, oder was hier war, gibt es nicht mehr.
notice-gone = Das, worum es auf dieser Seite ging, gibt es nicht mehr.
notice-refused-title = Das geht nicht
notice-broken-title = Etwas ist schiefgegangen
notice-broken = In der Bridge ist etwas schiefgegangen. Über die Anfrage-ID findet man es im Log.
notice-method-title = Nicht möglich
notice-method = Diese Seite kann so nicht benutzt werden.
notice-forged-title = Das Formular ist abgelaufen
notice-forged = Dieses Formular kam von keiner noch offenen Seite dieser Site, oder der Browser behält keine Cookies. Nichts wurde geändert. Geh zurück zur Seite, lade sie neu und sende das Formular noch einmal.
notice-unreadable-title = Das ist nicht lesbar
notice-unreadable = Die Adresse oder das Formular hat Teile, die diese Seite nicht kennt. Nichts wurde geändert.
notice-wait-title = Bitte warte einen Moment
notice-wait = Es gab zu viele Versuche. Nichts ist gesperrt: Versuche es in { $span } noch einmal.
notice-busy-title = Bitte versuche es gleich noch einmal
notice-busy = Der Dienst ist ausgelastet oder erreicht seine Datenbank nicht. Sieh nach, ob getan wurde, was du wolltest, und versuche es dann gleich noch einmal.

onward-title = Einen Moment
onward-lead = Du wirst weitergeleitet.

### Anmelden über einen Anbieter

signin-unavailable-title = Dieser Weg der Anmeldung ist nicht verfügbar
signin-unavailable = Es gibt ihn nicht, oder er wurde abgeschaltet. Frag einen Admin deines Workspace.
signin-foreign-title = Diese Anmeldung kommt nicht vom Anbieter deiner Firma
signin-foreign = Sie nennt einen anderen Aussteller als den, über den man sich in diesem Workspace anmeldet.
signin-no-answer-title = Der Anbieter deiner Firma antwortet nicht, wie er sollte
signin-no-answer = { $why } Versuche es gleich noch einmal; ein Admin sieht mehr, wenn er die Verbindung testet.
signin-too-many-title = Einen Moment bitte
signin-too-many = Aus deinem Netz haben gerade sehr viele Anmeldungen begonnen. Warte ein paar Sekunden und versuche es noch einmal.
signin-over-title = Diese Anmeldung ist vorbei
signin-over = Sie war schon fertig, hat zu lange gedauert oder begann in einem anderen Browser. Nichts ist geschehen; bitte fang noch einmal an.
signin-denied-title = Der Anbieter deiner Firma hat dich nicht hineingelassen
signin-denied = Entweder hast du dort abgebrochen, oder diese Anwendung steht dir nicht offen. Bitte deine IT-Abteilung, dich ihr zuzuweisen, und melde dich dann noch einmal an.
signin-failed-title = Du konntest nicht angemeldet werden
signin-failed = { $why } Bitte fang noch einmal an; wenn es wieder geschieht, zeige diese Seite deiner IT-Abteilung.
signin-another-way = Auf anderem Weg anmelden
signin-not-out-title = Hier wurde nichts abgemeldet
signin-not-out = Diese Adresse gehört zu einer Abmeldung, die nicht hier begann.
signin-out-title = Du bist abgemeldet
signin-out = Hier und beim Anbieter deiner Firma.

barred-connection-unavailable-title = Dieser Weg der Anmeldung ist nicht verfügbar
barred-connection-unavailable = Er wurde abgeschaltet oder geändert, während du dich angemeldet hast. Versuche es noch einmal; wenn es nicht geht, frag einen Admin deines Workspace.
barred-deactivated-title = Dein Konto ist deaktiviert
barred-deactivated = Ein Admin deines Workspace oder das Verzeichnis deiner Firma hat es deaktiviert. Deine Konversationen und Notizen bleiben erhalten. Bitte einen Admin, dich wieder zu aktivieren.
barred-waiting-for-seat-title = Du wartest auf einen Platz
barred-waiting-for-seat = Dein Konto ist bereit, aber alle Plätze deines Workspace sind belegt. Sobald einer frei wird, kommst du von selbst hinein: Versuche es später noch einmal oder frag einen Admin deines Workspace.
barred-no-seat-title = Alle Plätze sind belegt
barred-no-seat = Bitte einen Admin deines Workspace, jemanden zu deaktivieren, der keinen Zugriff mehr braucht, oder den Plan zu ändern. Melde dich dann noch einmal an.
barred-not-assigned-title = Du hast hier noch kein Konto
barred-not-assigned = In deiner Firma kann man sich hier erst anmelden, wenn man hinzugefügt wurde. Bitte deine IT-Abteilung, dir diese Anwendung zuzuweisen, oder einen Admin deines Workspace, dich hinzuzufügen.
barred-foreign-domain-title = Du hast hier noch kein Konto
barred-foreign-domain = Deine E-Mail-Adresse gehört zu keiner Domain, aus der man von selbst hinzugefügt wird. Bitte einen Admin deines Workspace, dich hinzuzufügen.
barred-no-email-title = Der Anbieter deiner Firma hat uns deine E-Mail-Adresse nicht genannt
barred-no-email = Bitte deine IT-Abteilung, den Anbieter deine E-Mail-Adresse (Scope „email“) an diese Anwendung senden zu lassen.
barred-email-not-verified-title = Der Anbieter deiner Firma bürgt nicht für deine E-Mail-Adresse
barred-email-not-verified = Ein Konto hat deine Adresse, oder eine Firma hat gezeigt, dass die Domain ihr gehört; aber niemand hat gezeigt, dass die Adresse deine ist. Bitte deine IT-Abteilung, die Adresse beim Anbieter bestätigen zu lassen, oder frag einen Admin deines Workspace.
barred-email-taken-title = Diese E-Mail-Adresse gehört zu einem anderen Konto
barred-email-taken = Für den Anbieter deiner Firma ist dieses Konto nicht deines: Vielleicht gehörte die Adresse früher jemand anderem. Frag einen Admin deines Workspace.
barred-other-connection-title = Deine Firma meldet sich auf anderem Weg an
barred-other-connection = Alle mit einer E-Mail-Adresse deiner Domain melden sich über einen bestimmten Anbieter an, und dies ist ein anderer. Geh zurück und gib deine E-Mail-Adresse ein: Du kommst zum richtigen.
barred-must-use-sso-title = Melde dich mit deinem Firmenkonto an
barred-must-use-sso = In deinem Workspace meldet man sich über den Anbieter der Firma an, deshalb öffnet ein Passwort hier nichts. Geh zurück und gib deine E-Mail-Adresse ein: Du kommst an die richtige Stelle.

### Anmelden bei anderen Programmen

signin-wrong-title = Diese Anmeldung kann nicht weitergehen
signin-wrong = Ein Programm hat dich zum Anmelden hierher geschickt, aber seine Anfrage kann nicht beantwortet werden. { $what } Mit deinem Konto ist alles in Ordnung; sag denen Bescheid, die das Programm betreiben.
signin-wrong-unreadable = Was das Programm gesendet hat, war nicht lesbar.
signin-wrong-program = Es hat nicht gesagt, welches Programm es ist (client_id).
signin-wrong-no-address = Es hat nicht gesagt, wohin es zurückgehen soll, oder hat es zweimal gesagt (redirect_uri).
signin-wrong-unknown = Es ist hier nicht bekannt oder darf niemanden mehr anmelden.
signin-wrong-address = Es will zu einer Adresse zurück, die für es nicht eingetragen ist (redirect_uri).
signin-elsewhere-title = Nicht dein Workspace
signin-elsewhere = Du bist angemeldet, aber nicht in dem Workspace, zu dem { $program } gehört. Melde dich stattdessen mit dem Konto jenes Workspace an. Wenn du keines hast, frag einen seiner Admins.
signin-elsewhere-next = Mit einem anderen Konto anmelden
signout-do = Abmelden
signout-title = Abmelden?
signout-who = Du bist als { $name } angemeldet. Wenn du dich hier abmeldest, wirst du auch in den Programmen abgemeldet, bei denen du dich von hier aus angemeldet hast.
signout-done-title = Du bist abgemeldet
signout-done = Du kannst diese Seite jetzt schließen.
signout-bridge = Von der Bridge abmelden
signout-wrong-title = Das kann nicht weitergehen
signout-wrong = Ein Programm hat dich zum Abmelden hierher geschickt, aber seine Anfrage kann nicht beantwortet werden. { $what }
signout-wrong-unreadable = Was das Programm gesendet hat, war nicht lesbar.
signout-wrong-hint = Sein id_token_hint gehört einem anderen Programm.
signout-wrong-program = Es hat nicht gesagt, welches Programm es ist (id_token_hint oder client_id).
signout-wrong-address = Es will zu einer Adresse weiter, die für es nicht eingetragen ist (post_logout_redirect_uri).

### Benutzer

users-new = Neuer Benutzer
users-search-label = Personen finden
users-search-hint = Name oder E-Mail
users-any = Alle
users-all = Alle zeigen
users-found = { $count ->
    [one] 1 Person
   *[other] { $count } Personen
}
users-found-more = Mehr als { $count } Personen
users-page = Seite { $page }
users-none = Niemand passt dazu. Ändere die Suche oder die Filter.
users-name = Name
users-full-name = Vollständiger Name
users-email = E-Mail
users-role = Rolle
users-team = Team
users-teams = Teams
users-status = Status
users-last-login = Letzte Anmeldung
users-protected = Geschützt
users-you = Du
users-status-active = Aktiv
users-status-inactive = Inaktiv
users-status-waiting = Wartet auf einen Platz
users-choose = { $name } wählen
users-chosen = Mit allen, die du angehakt hast
users-chosen-hint = Noch passiert nichts: Die nächste Seite sagt, was es für jede Person bedeutet.
users-activate = Aktivieren
users-deactivate = Deaktivieren
users-new-role = Neue Rolle
users-give-role = Rolle ändern
users-pages = Seiten der Liste

users-create = Benutzer anlegen
users-full-name-hint = So sehen es die anderen. Ein sprechender Name hilft allen.
users-email-hint = Damit melden sie sich an. Niemand sonst hier kann sie haben.
users-initial-password = Passwort (für den Anfang)
users-initial-password-hint = Mindestens { $count } Zeichen. Bei der ersten Anmeldung wählen sie ihr eigenes.
users-initial-password-mail = Bleibt es leer, bekommen sie eine Mail mit einem Link, um eines zu wählen, oder melden sich über deine Firma an.
users-initial-password-no-mail = Von hier gehen keine Mails aus. Bleibt es leer, können sie sich nur über deine Firma anmelden.
users-new-role-hint = Nicht alle müssen Admin sein. Eine andere Rolle als die Standardrolle ist festgelegt: Keine Regel ändert sie.
users-no-welcome = Keine Begrüßungsmail schreiben
users-make-protected = Geschütztes Konto
users-protected-hint = Für Notfälle: Kein Identitätsanbieter kann es sehen, ändern oder deaktivieren, und es meldet sich immer mit seinem Passwort an.
users-wrong-name = Gib einen vollständigen Namen aus 1 bis 100 druckbaren Zeichen ein.
users-wrong-email = Das ist keine E-Mail-Adresse.
users-wrong-taken = Jemand hier hat diese E-Mail schon.
users-owned-name = Der Identitätsanbieter legt den Namen dieser Person fest. Setze das Häkchen unten, um ihn trotzdem zu setzen und zu behalten.
users-owned-email = Der Identitätsanbieter legt die E-Mail dieser Person fest. Setze das Häkchen unten, um sie trotzdem zu setzen und zu behalten.
users-owned-active = Beim Identitätsanbieter ist diese Person inaktiv. Setze das Häkchen unten, um sie trotzdem zu aktivieren.
users-owned-user = Der Identitätsanbieter führt diese Person und würde sie neu anlegen. Setze das Häkchen unten, um sie trotzdem zu löschen.
users-owned-team = Eine Regel gibt dieses Team einer Gruppe, in der die Person ist. Setze das Häkchen beim Team, um sie trotzdem fernzuhalten.
users-wrong-role = Wähle eine Rolle dieses Workspace.
users-password-short = Wähle ein Passwort aus mindestens { $count } Zeichen.
users-password-long = Wähle ein Passwort aus höchstens { $count } Bytes.
users-password-easy = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder aus ihrem Namen oder ihrer Adresse gemacht. Ein paar Wörter, die nichts miteinander zu tun haben, sind ein gutes.
users-seats-now = { $used } von { $limit } Plätzen sind belegt.

users-done-created = Der Benutzer ist angelegt.
users-done-queued = Der Benutzer ist angelegt und wartet auf einen Platz: Alle sind belegt.
users-done-edited = Die Änderungen sind gespeichert und gelten sofort.
users-done-activated = Wieder aktiv: Die Anmeldung ist möglich.
users-done-parked = Wartet auf einen Platz: Wird von selbst aktiv, sobald einer frei ist.
users-done-deactivated = Deaktiviert: Überall abgemeldet, und alles von ihnen bleibt erhalten.
users-done-deleted = Der Benutzer ist gelöscht.
users-done-password = Das neue Passwort ist gesetzt. Bei der nächsten Anmeldung wählen sie ihr eigenes.
users-done-factor = Der zweite Faktor ist entfernt.
users-done-session = Die Sitzung ist beendet.
users-done-sessions = Die Sitzungen sind beendet.
users-done-released = Es ist zurückgegeben.
users-done-pinned = Die Rolle ist festgelegt: Keine Regel ändert sie.
users-done-joined = Im Team aufgenommen.
users-done-left = Aus dem Team genommen.

users-facts = Auf einen Blick
users-way = Anmeldung
users-way-both = Mit { $connection } oder einem Passwort
users-way-sso = Nur mit { $connection }
users-way-password = Mit einem Passwort
users-way-no-password = Mit einem Passwort, aber es ist noch keines gesetzt
users-way-none = Gar nicht: Die Anmeldung über die Firma ist vorgeschrieben, und keine Verbindung bedient ihre Adresse
users-conversations = Konversationen
users-conversations-count = { $count ->
    [one] 1 zugewiesen
   *[other] { $count } zugewiesen
}
users-available = Nimmt gerade Konversationen an
users-made = Angelegt
users-external-id = ID beim Identitätsanbieter
users-yes = Ja
users-no = Nein
users-nothing = nichts
users-acts = Was du tun kannst
users-edit = Bearbeiten
users-reset-password = Passwort zurücksetzen
users-delete = Löschen
users-factor-on = Ein zweiter Faktor wird verlangt
users-factor-off = Kein zweiter Faktor ist eingerichtet.
users-factor-hint = Entferne ihn, wenn das Telefon weg ist und du sicher bist, dass die Person selbst darum bittet. Sie kann einen neuen einrichten.
users-factor-remove = Zweiten Faktor entfernen

users-why = Wer was festlegt, und warum
users-field = Feld
users-value = Jetzt
users-kept = Festgelegt von
users-kept-provider = Der Identitätsanbieter legt es fest.
users-kept-provider-edit = Das kommt vom Identitätsanbieter. Um es hier zu setzen, setze unten das Häkchen; der nächste Abgleich ändert es dann nicht zurück.
users-kept-here = Niemand außer euch: Es wird hier von Hand geändert.
users-kept-pin = Von Hand gesetzt von { $by }, { $at }; kein Abgleich ändert es. Der Identitätsanbieter sagt: { $provider }
users-kept-hold = Von Hand deaktiviert von { $by }, { $at }.
users-kept-hold-active = Von Hand deaktiviert von { $by }, { $at }. Beim Identitätsanbieter ist die Person aktiv.
users-kept-hold-inactive = Von Hand deaktiviert von { $by }, { $at }. Auch beim Identitätsanbieter ist die Person inaktiv.
users-kept-waiting = Wird von selbst aktiv, sobald ein Platz frei ist; eingereiht { $since }.
users-release = Dem Anbieter zurückgeben
users-release-role = Die Regeln entscheiden lassen
users-pin-role = Diese Rolle behalten
users-why-manual = Von Hand gesetzt und festgelegt: Keine Regel ändert sie.
users-why-protected = Von Hand gesetzt, wie bei jedem geschützten Konto.
users-why-no-rule = Die Standardrolle: Keine Regel betrifft die Person.
users-why-no-role = Die Standardrolle: Keine Regel ihrer Gruppen gibt eine Rolle.
users-why-rule = Wegen der Gruppe { $group }: Die Regel mit Priorität { $priority } gibt sie.
users-why-some-rule = Wegen einer Regel.
users-rules = Regeln, die sie betreffen
users-rule = Gruppe { $group }, Priorität { $priority }: { $role }
users-rule-decides = Gruppe { $group }, Priorität { $priority }: { $role }. Diese entscheidet.
users-rule-no-role = keine Rolle, nur Teams
users-groups-none = In keiner Gruppe.

users-teams-none = In keinem Team.
users-team-agent = Agent
users-team-manager = Manager
users-team-out = ferngehalten
users-team-as = Als
users-team-add = Ins Team aufnehmen
users-team-remove = Herausnehmen
users-team-overrule = Fernhalten, obwohl eine Regel anderes sagt
users-team-release = Die Regeln entscheiden lassen
users-team-hand = Von Hand aufgenommen.
users-team-hand-too = Von Hand aufgenommen; auch eine Regel gäbe es, wegen { $groups }.
users-team-rule = Durch eine Regel, wegen { $groups }.
users-team-kept-out = Von Hand ferngehalten, obwohl eine Regel sie wegen { $groups } aufnähme.

users-sessions = Wo sie angemeldet sind
users-sessions-none = Nirgends.
users-session = Angemeldet { $door } von { $address }, { $began }; zuletzt benutzt { $used }
users-session-this = dieser Browser
users-session-end = Beenden
users-sessions-end-all = Alle Sitzungen beenden
users-sessions-end-others = Alle meine anderen Sitzungen beenden
users-door-password = mit Passwort
users-door-link = über einen Link in einer Mail
users-door-sso = über die Firma
users-browser = { $name } auf { $system }
users-browser-unknown = Unbekannter Browser

users-edit-title = { $name } bearbeiten
users-role-at-once = Eine andere Rolle gilt sofort, ohne neue Anmeldung, und ist festgelegt.
users-overrule = Ich meine es so, obwohl der Identitätsanbieter anderes sagt
users-overrule-hint = Name und E-Mail, die du eingibst, gelten dann, und kein Abgleich ändert sie, bis du sie zurückgibst.
users-overrule-active = Beim Identitätsanbieter ist die Person inaktiv. Deine Aktivierung gilt bis zu seinem nächsten Wort.
users-overrule-delete = Der Identitätsanbieter führt diese Person und würde sie neu anlegen. Deaktiviere sie lieber, oder nimm sie dort heraus.

users-what-happens = Was passieren wird
users-deactivate-title = { $name } deaktivieren?
users-deactivate-one = { $name } deaktivieren
users-deactivate-already = Die Person ist schon inaktiv.
users-fate-oneself = Das bist du: Du wirst abgemeldet.
users-fate-login = Die Anmeldung ist nicht mehr möglich.
users-fate-login-all = Niemand von ihnen kann sich mehr anmelden. Alles von ihnen bleibt erhalten.
users-fate-conversations = { $count ->
    [0] Keine Konversation ist zugewiesen.
    [one] 1 Konversation ist danach niemandem zugewiesen.
   *[other] { $count } Konversationen sind danach niemandem zugewiesen.
}
users-fate-sessions = { $count ->
    [0] Gerade ist niemand angemeldet: Keine Sitzung endet.
    [one] 1 Sitzung endet sofort.
   *[other] { $count } Sitzungen enden sofort.
}
users-fate-keys = { $count ->
    [one] 1 API-Schlüssel, der für sie handelt, wird widerrufen: { $names }
   *[other] { $count } API-Schlüssel, die für sie handeln, werden widerrufen: { $names }
}
users-fate-seat = Ihr Platz wird frei: { $used } von { $limit } sind dann belegt.
users-fate-seat-given = Ihr Platz wird frei.
users-fate-no-seat = Die Person hat keinen Platz und verlässt die Warteschlange.
users-fate-promoted = { $count ->
    [one] { $names } wartet auf einen Platz und bekommt ihn.
   *[other] { $names } warten auf Plätze und bekommen sie.
}
users-fate-kept = Alles bleibt erhalten: Nachrichten, Notizen, Teams und das Passwort. Du kannst die Person wieder aktivieren.
users-fate-provider = Der Identitätsanbieter erfährt es nicht. Er kann sie nicht wieder aktivieren; du kannst es.
users-fate-return = Die Anmeldung ist wieder möglich, mit denselben Zugangsdaten wie vorher.
users-fate-role = Die neue Rolle gilt sofort, ohne neue Anmeldung, und ist festgelegt: Keine Regel ändert sie.
users-activate-title = { $name } aktivieren?
users-activate-one = { $name } aktivieren
users-seat-free = { $count ->
    [one] 1 ist frei und wird belegt.
   *[other] { $count } sind frei; einer wird belegt.
}
users-seat-overage = Keiner ist frei: Sie kommen über den Plan hinaus hinein, und die Admins erfahren es.
users-seat-wait = Keiner ist frei: Wer kommt, wartet und wird der Reihe nach von selbst aktiv, sobald einer frei ist.
users-seat-refuse = Keiner ist frei, und die Regelung lehnt ab. Deaktiviere zuerst jemand anderen oder ändere den Plan.
users-to-seats = Zu den Plätzen
users-delete-title = { $name } löschen?
users-delete-one = { $name } endgültig löschen
users-delete-gone = Die Person verschwindet aus der Liste und kann nicht zurückgeholt werden. Ihre E-Mail ist frei für jemand anderen, der nichts erbt.
users-delete-kept = Was sie geschrieben haben und das Audit-Log bleiben erhalten.
users-delete-rather = Deaktivieren macht den Platz auch frei und erhält mehr.
users-deactivate-instead = Stattdessen deaktivieren
users-password-title = Passwort von { $name } zurücksetzen
users-password-next = Damit melden sie sich das nächste Mal an und wählen dann ihr eigenes.
users-password-told = Sie erfahren per Mail, dass ihr Passwort geändert wurde, wo Mails ausgehen. Das neue sagst du ihnen selbst.
users-password-no-use = Sie müssen sich über die Firma anmelden: Ein Passwort nützt ihnen jetzt nichts.
users-new-password = Neues Passwort
users-password-hint = Mindestens { $count } Zeichen und nicht leicht zu erraten.
users-password-set = Neues Passwort setzen

users-bulk-activate = { $count ->
    [one] 1 Person aktivieren?
   *[other] { $count } Personen aktivieren?
}
users-bulk-activate-button = { $count ->
    [one] 1 Person aktivieren
   *[other] { $count } Personen aktivieren
}
users-bulk-deactivate = { $count ->
    [one] 1 Person deaktivieren?
   *[other] { $count } Personen deaktivieren?
}
users-bulk-deactivate-button = { $count ->
    [one] 1 Person deaktivieren
   *[other] { $count } Personen deaktivieren
}
users-bulk-give-role = { $count ->
    [one] 1 Person die Rolle { $role } geben?
   *[other] { $count } Personen die Rolle { $role } geben?
}
users-bulk-give-role-button = { $count ->
    [one] 1 Person die Rolle { $role } geben
   *[other] { $count } Personen die Rolle { $role } geben
}
users-bulk-active = Die Person ist schon aktiv.
users-bulk-waiting = Die Person wartet schon auf einen Platz.
users-bulk-inactive = Die Person ist schon inaktiv.
users-bulk-role = Die Person hat diese Rolle schon.
users-bulk-returns = Die Anmeldung ist wieder möglich.
users-bulk-role-from = { $old } wird { $new }
users-bulk-kept = Der Identitätsanbieter sagt anderes: nur mit dem Häkchen unten.
users-bulk-not = Wird nicht getan
users-bulk-left-out = { $count ->
    [one] 1 Person bleibt außen vor; daneben steht, warum.
   *[other] { $count } Personen bleiben außen vor; daneben steht, warum.
}
users-bulk-frees = { $count ->
    [0] Kein Platz wird frei.
    [one] 1 Platz wird frei.
   *[other] { $count } Plätze werden frei.
}
users-bulk-needs = { $count ->
    [one] 1 Platz wird gebraucht; frei: { $free }.
   *[other] { $count } Plätze werden gebraucht; frei: { $free }.
}
users-bulk-refuses = { $count ->
    [one] 1 Person wird abgelehnt.
   *[other] { $count } Personen werden abgelehnt.
}
users-bulk-parks = { $count ->
    [one] 1 Person wird auf einen Platz warten.
   *[other] { $count } Personen werden auf einen Platz warten.
}
users-bulk-exceeds = { $count ->
    [one] 1 Person kommt über den Plan hinaus hinein.
   *[other] { $count } Personen kommen über den Plan hinaus hinein.
}
users-bulk-busy = Die Datenbank hat nicht rechtzeitig geantwortet; versuche es noch einmal.
users-bulk-result = Was getan wurde
users-bulk-did-activate = { $count ->
    [0] Niemand wurde aktiviert.
    [one] 1 Person wurde aktiviert.
   *[other] { $count } Personen wurden aktiviert.
}
users-bulk-did-deactivate = { $count ->
    [0] Niemand wurde deaktiviert.
    [one] 1 Person wurde deaktiviert.
   *[other] { $count } Personen wurden deaktiviert.
}
users-bulk-did-role = { $count ->
    [0] Niemand hat die Rolle { $role } bekommen.
    [one] 1 Person hat jetzt die Rolle { $role }.
   *[other] { $count } Personen haben jetzt die Rolle { $role }.
}
users-bulk-not-done = { $count ->
    [one] Für 1 Person wurde es nicht getan.
   *[other] Für { $count } Personen wurde es nicht getan.
}
users-bulk-refused = Nicht getan
users-bulk-done = Getan
users-bulk-unforeseen = Für einen Blick voraus fehlte die Zeit; das Ergebnis sagt es.
users-bulk-rest = { $count ->
    [one] { $count } Person fehlt noch.
   *[other] { $count } Personen fehlen noch.
}
users-bulk-portion = Es dauert lange und geschieht deshalb in Portionen. Was getan ist, bleibt getan; mit den anderen passiert nichts, bevor du weitermachst.
users-bulk-go-on = { $count ->
    [one] Mit noch { $count } Person weitermachen
   *[other] Mit noch { $count } Personen weitermachen
}
users-back-to-list = Zurück zur Liste

users-story = Die Geschichte
users-story-none = Noch ist nichts passiert.
users-story-pages = Seiten der Geschichte
users-story-refused = Abgelehnt
users-story-why = Warum
users-story-joined = Neue Teams
users-story-left = Verlassene Teams
users-story-user-created = Angelegt
users-story-user-updated = Geändert
users-story-user-noted = Notiert, was der Anbieter sagt
users-story-user-activated = Aktiviert
users-story-user-deactivated = Deaktiviert
users-story-user-parked = In die Warteschlange für einen Platz gestellt
users-story-user-deleted = Gelöscht
users-story-user-role-changed = Rolle geändert
users-story-user-team-changed = Teams geändert
users-story-user-password-changed = Passwort geändert
users-story-user-password-reset = Passwort zurückgesetzt
users-story-user-password-removed = Passwort entfernt
users-story-user-reset-requested = Link zum Wählen eines Passworts angefordert
users-story-password-link-issued = Link zum Wählen eines Passworts bekommen
users-story-identity-linked = Mit einem Konto der Firma verknüpft
users-story-identity-unlinked = Nicht mehr mit einem Konto der Firma verknüpft
users-story-identity-claims = Die Firma hat Neues gesagt
users-story-second-factor-added = Zweiter Faktor eingerichtet
users-story-second-factor-removed = Zweiter Faktor entfernt
users-story-second-factor-recovery-used = Wiederherstellungscode benutzt
users-actor-user = von Hand
users-actor-token = Identitätsanbieter
users-actor-client = Programm des Identitätsanbieters
users-actor-key = API-Schlüssel
users-actor-operator = Kommandozeile
users-actor-system = die Bridge selbst
users-actor-visitor = jemand auf der Anmeldeseite
users-actor-connection = Single Sign-on

### Plätze

seats-gauge = { $used } von { $limit } Plätzen belegt
seats-warning-most = Vier Fünftel der Plätze sind belegt. Bald passt niemand Neues mehr hinein.
seats-warning-all = Alle Plätze sind belegt.
seats-warning-beyond = Es sind mehr Personen aktiv, als es Plätze gibt. Niemand verliert seinen; aber niemand Neues bekommt einen.
seats-next-free = { $count ->
    [one] 1 Platz ist frei.
   *[other] { $count } Plätze sind frei.
}
seats-next-reject = Keiner ist frei: Die nächste Person wird abgelehnt.
seats-next-park = Keiner ist frei: Die nächste Person wartet und kommt hinein, sobald ein Platz frei wird.
seats-next-overage = Keiner ist frei: Die nächste Person kommt über den Plan hinaus hinein.
seats-next-waiting = { $count ->
    [one] 1 Person wartet.
   *[other] { $count } Personen warten.
}
seats-next-beyond = { $count ->
    [one] Das ist 1 mehr, als es gibt.
   *[other] Das sind { $count } mehr, als es gibt.
}
seats-queue = Wer auf einen Platz wartet
seats-queue-empty = Niemand.
seats-queue-count = { $count ->
    [one] 1 Person, die nächste zuerst:
   *[other] { $count } Personen, die nächste zuerst:
}
seats-queue-since = eingereiht { $since }
seats-queue-all = Alle zeigen, die warten
seats-terms = Plan und Grenze
seats-plan = Plan
seats-plan-label = { $count ->
    [one] { $plan } (1 Platz)
   *[other] { $plan } ({ $count } Plätze)
}
seats-own = Eigene Zahl von Plätzen
seats-own-hint = Statt der des Plans. Bleibt sie leer, gilt, was der Plan hat.
seats-wrong-number = Gib eine ganze Zahl von Plätzen von 0 bis 10.000.000 ein, oder lass es leer.
seats-policy = An der Grenze
seats-policy-reject = Ablehnen
seats-policy-reject-hint = Wer über die Grenze hinaus aktiv werden soll, wird abgelehnt, und der Identitätsanbieter erfährt, warum.
seats-policy-park = Warten lassen
seats-policy-park-hint = Sie werden inaktiv und wartend gehalten und der Reihe nach von selbst aktiv, sobald ein Platz frei wird.
seats-policy-overage = Hereinlassen
seats-policy-overage-hint = Sie kommen über den Plan hinaus hinein; es wird vermerkt, und die Admins erfahren es.
seats-no-eviction = Ein kleinerer Plan nimmt niemandem den Platz: Er hält Neue fern. Ein größerer lässt herein, wer wartet.
seats-done-saved = Gespeichert. Es gilt sofort.
seats-history = Die letzten 90 Tage
seats-chart = Belegte Plätze je Tag, höchstens; am meisten waren es { $most }. Bekannte Tage: { $days } von { $count }.
seats-beyond = Belegt über die Grenze hinaus
seats-used = Belegt
seats-waiting = Wartend
seats-limit = Plätze insgesamt
seats-day = Tag
seats-as-table = Als Tabelle zeigen

### Bereitstellung

again-lead = Dass du es bist, hast du vor mehr als fünf Minuten gezeigt. Was hier entsteht, öffnet den Workspace jedem, der es hat: Melde dich vorher noch einmal an.
again-log-in = Noch einmal anmelden
provisioning-lead = Identitätsanbieter übertragen Benutzer und Gruppen mit SCIM 2.0 hierher. Jeder weist sich mit einem eigenen Token aus.
provisioning-address = SCIM-Basisadresse
provisioning-token-address = Token-Adresse
provisioning-okta = Okta verbinden
provisioning-entra = Microsoft Entra ID verbinden
provisioning-tokens = Tokens
provisioning-token = Token
provisioning-no-token = Es gibt noch kein Token. Erzeuge eines und trage es dann bei deinem Identitätsanbieter ein.
provisioning-name = Name
provisioning-name-hint = Der Name des Anbieters, etwa okta. Er steht in den Anfragen und im Audit-Log.
provisioning-name-wrong = Ein Name hat 1 bis 100 druckbare Zeichen.
provisioning-choose = Eine der Auswahlen gibt es nicht. Wähle noch einmal.
provisioning-may = Darf
provisioning-scope-write = Lesen und schreiben
provisioning-scope-read = Nur lesen
provisioning-profile = Profil
provisioning-compat = compat: wie Okta und Entra ID wirklich senden
provisioning-interop = interop: streng nach dem Standard
provisioning-profile-hint = Lass es bei compat, außer du schreibst den Client selbst.
provisioning-lifetime = Gilt für
provisioning-lifetime-hint = Ab 30 Tage vor dem Ende warnen diese Seite und die Zustandsseite.
provisioning-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
provisioning-no-end = Ohne Ende
provisioning-ends = Läuft { $when } ab
provisioning-ended = Abgelaufen { $when }
provisioning-revoked = Widerrufen { $when }
provisioning-revoked-ones = { $count ->
    [one] { $count } widerrufenes Token
   *[other] { $count } widerrufene Tokens
}
provisioning-used = Zuletzt benutzt
provisioning-sync = Letzte Änderung
provisioning-end = Ende
provisioning-acts = Aktionen
provisioning-why = Warum?
provisioning-rotate = Erneuern
provisioning-rotate-which = { $name }: Erneuern
provisioning-revoke = Widerrufen
provisioning-revoke-which = { $name }: Widerrufen
provisioning-new = Neues Token
provisioning-make = Token erzeugen
provisioning-clients = OAuth-Clients
provisioning-clients-lead = Für Anbieter, die sich kurzlebige Tokens selbst holen (Client Credentials). Okta und Entra ID mit einem Token brauchen keinen. Hier holen sie sie:
provisioning-new-client = Neuer Client
provisioning-make-client = Client anlegen
provisioning-keys = Öffentliche Schlüssel (JWK-Satz)
provisioning-keys-hint = Nur für einen Client, der signiert (private_key_jwt). Ohne Schlüssel bekommt er ein Geheimnis.
provisioning-keys-wrong = Das ist kein JWK-Satz mit öffentlichen Schlüsseln: { $why }.
provisioning-proof-key = signiert
provisioning-proof-secret = hat ein Geheimnis
provisioning-client-id = Client-ID
provisioning-client-secret = Client-Geheimnis
provisioning-made = Erzeugt
provisioning-made-token = Das Token { $name } ist erzeugt
provisioning-made-client = Der Client { $name } ist angelegt
provisioning-once = Es wird nur dieses eine Mal gezeigt. Kopiere es jetzt.
provisioning-kept = Ich habe es kopiert
provisioning-rotate-lead = Zwei Schritte, und die Bereitstellung steht nie still: Eine Weile gelten beide Tokens.
provisioning-step-make = Schritt 1: ein zweites Token erzeugen
provisioning-step-make-how = Es bekommt die Einstellungen des ersten. Das erste gilt weiter.
provisioning-make-second = Zweites Token erzeugen
provisioning-step-enter = Trage es beim Anbieter ein
provisioning-step-enter-how = Ersetze dort das alte Token und prüfe die Verbindung. Weiter geht es dann mit Schritt 2.
provisioning-step-entered = Es ist eingetragen: weiter zu Schritt 2
provisioning-step-revoke = Schritt 2: das alte Token widerrufen
provisioning-step-revoke-how = Wenn das neue benutzt wurde und das alte ruht, widerrufe das alte.
provisioning-new-one = Neu: { $hint }
provisioning-old-one = Alt: { $hint }
provisioning-new-used = Das neue Token wird benutzt. Das alte kann weg.
provisioning-new-unused = Das neue Token wurde noch nicht benutzt. Trage es zuerst beim Anbieter ein und prüfe die Verbindung: Widerrufst du das alte jetzt, steht die Bereitstellung still.
provisioning-revoke-old = Altes Token widerrufen
provisioning-later = Später
provisioning-revoke-token = Wer dieses Token benutzt, wird ab jetzt abgewiesen. Das lässt sich nicht zurücknehmen; Benutzer und Gruppen bleiben, wie sie sind.
provisioning-revoke-client = Dieser Client und jedes Zugriffstoken, das er hat, werden ab jetzt abgewiesen. Das lässt sich nicht zurücknehmen; Benutzer und Gruppen bleiben, wie sie sind.
provisioning-done-revoked = Das Token ist widerrufen.
provisioning-done-ended = Der Client ist widerrufen.

### Die Anleitungen

guide-title = { $provider } verbinden
guide-lead = Schritt für Schritt, in der Reihenfolge der Bildschirme des Anbieters. Seine eigenen Wörter stehen hier auf Englisch, wie in seiner englischen Oberfläche.
guide-make-token = Token erzeugen
guide-steps = Jeder Schritt in { $provider }, Feld für Feld
guide-field = Feld
guide-value = Wert
guide-the-token = das Token, ohne das Wort Bearer
guide-on = an
guide-off = aus
guide-after = Was du dann siehst, und was typische Fehler bedeuten
guide-arrived = Ist etwas angekommen?
guide-log = Jede Anfrage ansehen
guide-seen = Was du dann siehst
guide-there = In { $provider }
guide-here = Hier
guide-mistakes = Typische Fehler
guide-mistakes-lead = Was der Anbieter zeigt und was in den Anfragen steht.
guide-sign = Da steht
guide-means = Das heißt
guide-do = Das hilft
guide-okta-1-title = Erzeuge ein Token
guide-okta-1 = Damit weist Okta sich aus. Es wird nur einmal gezeigt: Öffne es in einem zweiten Tab und lass ihn bis Schritt 3 offen. Diese Adresse gehört dazu:
guide-okta-2-title = Lege die App in Okta an
guide-okta-2 = Eine App für die Anmeldung (OIDC) hat in Okta kein Provisioning, also ist dies eine App daneben. Nimm eine eigene SWA- oder SAML-App: Drücke auf ihrem Reiter General neben App Settings auf Edit, wähle SCIM als Provisioning und speichere. Oder drücke Browse App Catalog und nimm eine der SCIM-2.0-Test-Apps mit Bearer-Token; sie nennt die Adresse Base URL.
guide-okta-3-title = Trage die Verbindung ein
guide-okta-3 = Trage diese Werte ein. Setze kein Häkchen bei Import, außer es gibt hier schon Personen, die Okta wiedererkennen soll.
guide-okta-4-title = Prüfe sie
guide-okta-4 = Okta fragt nach einer Seite Benutzer; eine leere Liste ist ein Erfolg. Hier ist sie binnen einer Sekunde zu sehen. Speichere dann.
guide-okta-5-title = Schalte ein, was Okta darf
guide-okta-5 = Man meldet sich über deinen Anbieter an, hier braucht also niemand ein Passwort: Lass Sync Password aus.
guide-okta-6-title = Prüfe die Attribute
guide-okta-6 = Die Zuordnungen von Okta passen. Sieh dir diese an; der Rest, etwa title und department, darf bleiben, wie er ist.
guide-okta-external-id = so lassen: Okta sendet seine eigene Benutzer-ID
guide-okta-manager = entfernen, außer Führungskräfte sind der App auch zugewiesen
guide-okta-7-title = Weise Personen zu
guide-okta-7 = Weise zuerst dich oder eine andere Person zu und sieh nach, ob sie unter Benutzer erscheint. Weise dann Gruppen zu.
guide-okta-8-title = Übertrage Gruppen
guide-okta-8 = Übertrage die Gruppen, aus denen Regeln hier Rollen und Teams geben, und lass Push group memberships immediately angehakt. Nimm andere Gruppen als die, über die du Personen zuweist, sonst kommen Mitgliedschaften vielleicht vor den Personen an.
guide-okta-see-1 = Jemand wird zugewiesen
guide-okta-see-1-here = Ein Benutzer, aktiv, mit der Rolle aus den Regeln oder der Standardrolle; ein Platz ist belegt.
guide-okta-see-2 = Das Profil ändert sich
guide-okta-see-2-here = Der Benutzer wird als Ganzes ersetzt (PUT). Was Okta weglässt, wird geleert, außer active und externalId.
guide-okta-see-3 = Jemand wird entfernt oder deaktiviert
guide-okta-see-3-here = Inaktiv und überall abgemeldet; der Platz ist sofort frei; nichts wird gelöscht.
guide-okta-see-4 = Die Person wird wieder zugewiesen
guide-okta-see-4-here = Derselbe Benutzer, mit allem, was er hatte.
guide-okta-see-5 = Eine Gruppe wird übertragen
guide-okta-see-5-here = Eine Gruppe mit ihren Mitgliedern; Regeln geben ihnen Rollen und Teams.
guide-okta-see-6 = Die Gruppe wird umbenannt
guide-okta-see-6-here = Umbenannt; Mitglieder und Rollen bleiben.
guide-okta-see-7 = Etwas schlägt fehl
guide-okta-see-7-here = Okta zeigt den Satz der Bridge unter Dashboard → Tasks, bis du die Aufgabe wiederholst. Die Seite Anfragen sagt ausführlicher, warum.
guide-entra-1-title = Erzeuge ein Token
guide-entra-1 = Damit weist Entra ID sich aus. Es wird nur einmal gezeigt: Öffne es in einem zweiten Tab und lass ihn bis Schritt 3 offen. Entra ID warnt dich nicht, bevor es abläuft; diese Konsole schon. Diese Adresse gehört dazu:
guide-entra-2-title = Lege die Anwendung in Entra ID an
guide-entra-2 = Im Microsoft Entra admin center. Du brauchst die Rolle Application Administrator oder Cloud Application Administrator. Gib der Anwendung einen Namen und wähle „Integrate any other application you don’t find in the gallery (Non-gallery)“.
guide-entra-3-title = Trage die Verbindung ein
guide-entra-3 = Öffne Provisioning und wähle New configuration oder, wenn noch nichts verbunden wurde, Connect your application.
guide-entra-4-title = Prüfe sie
guide-entra-4 = Entra ID fragt nach einem Benutzer mit zufälligem Namen; niemand ist die Antwort, die es will. Hier ist sie binnen einer Sekunde zu sehen. Wähle dann Create: Entra ID zeigt die Übersicht der neuen Konfiguration.
guide-entra-5-title = Ordne die Attribute der Benutzer zu
guide-entra-5 = Links, wie es hier heißt, rechts, woher es kommt. Lass userName als Attribut für den Abgleich. Ändere die Quelle von externalId auf objectId: Sie ist eindeutig und ändert sich nie. Entferne Zuordnungen von Attributen, die hier nicht stehen und zu keinem SCIM-Schema gehören.
guide-entra-manager = entfernen, außer Führungskräfte sind der Anwendung auch zugewiesen
guide-entra-6-title = Ordne die Attribute der Gruppen zu
guide-entra-6 = Die Vorgaben stimmen; sieh nach, ob sie so sind wie hier.
guide-entra-7-title = Sag, um wen es geht
guide-entra-7 = Eine neue Konfiguration hat diesen Umfang. Mit ihm kommen nur die hierher, die du im nächsten Schritt zuweist.
guide-entra-8-title = Weise Personen und Gruppen zu
guide-entra-8 = Zugewiesene Gruppen kommen mit ihren direkten Mitgliedern hierher; Mitglieder darin enthaltener Gruppen nicht.
guide-entra-9-title = Versuche es mit einer Person
guide-entra-9 = Wähle jemanden, der zugewiesen ist, und drücke Provision. Nach Sekunden erscheint die Person unter Benutzer.
guide-entra-10-title = Starte
guide-entra-10 = Der erste Durchlauf beginnt sofort; danach kommen Änderungen nach höchstens etwa 40 Minuten an.
guide-entra-see-1 = Jemand wird zugewiesen
guide-entra-see-1-here = Ein Benutzer, aktiv, mit der Rolle aus den Regeln oder der Standardrolle; ein Platz ist belegt.
guide-entra-see-2 = Ein Attribut ändert sich
guide-entra-see-2-here = Nur das wird geändert (PATCH). True und False als Text werden verstanden.
guide-entra-see-3 = Jemand wird entfernt oder ist seit weniger als 30 Tagen gelöscht
guide-entra-see-3-here = Inaktiv und überall abgemeldet; der Platz ist sofort frei; der Benutzer bleibt.
guide-entra-see-4 = Jemand wird endgültig gelöscht
guide-entra-see-4-here = Für den Anbieter weg, und die Namen sind frei. Die Aufzeichnung bleibt im Audit-Log.
guide-entra-see-5 = Mitglieder einer Gruppe ändern sich
guide-entra-see-5-here = Nur die genannten kommen hinzu oder gehen; Regeln geben Rollen und Teams neu.
guide-entra-see-6 = Lange schlagen die meisten Aufrufe fehl
guide-entra-see-6-here = Entra ID fragt immer seltener (Quarantäne) und hört nach etwa vier Wochen auf. Behebe die Ursache und drücke dann Restart provisioning.
guide-entra-see-7 = Etwas schlägt fehl
guide-entra-see-7-here = Provisioning logs zeigt den Satz der Bridge für jede Person. Die Seite Anfragen sagt ausführlicher, warum.

### Anfragen

requests-lead = Was Identitätsanbieter gefragt haben und was ihnen geantwortet wurde, Neuestes zuerst. Aufbewahrt { $count ->
    [one] wird der letzte Tag
   *[other] werden die letzten { $count } Tage
}.
requests-off = Es wird nichts aufgezeichnet: Wer die Bridge betreibt, hat das Aufzeichnen der Anfragen abgeschaltet (request_log.days = 0).
requests-filters = Anfragen filtern
requests-wrong = Einer der Filter ist nicht lesbar. Wähle ihn noch einmal.
requests-status = Status
requests-status-all = Alle
requests-status-failed = Fehlgeschlagen
requests-status-done = Erledigt (2xx)
requests-status-refused = Abgelehnt (4xx)
requests-status-ours = Fehler der Bridge (5xx)
requests-text = Person oder Text
requests-method = Methode
requests-method-any = Jede
requests-from = Von (UTC)
requests-to = Vor (UTC)
requests-unfiltered = Alle zeigen
requests-paused = Angehalten: Neues erscheint hier nicht.
requests-pause = Anhalten
requests-resume = Weiterlaufen lassen
requests-none = Noch hat kein Anbieter etwas gefragt. Sobald es einer tut, erscheint es hier.
requests-none-fit = Nichts im Protokoll passt dazu.
requests-time = Zeit (UTC)
requests-request = Anfrage
requests-answer = Antwort
requests-who = Gefragt von
requests-took = Dauer
requests-instant = unter 1 ms
requests-millis = { $millis } ms
requests-seconds = { $seconds } s
requests-cut = Bisher wurde nur ein Teil des Protokolls durchsucht. „Ältere“ macht hier weiter; mit einer Zeit geht es schneller.
requests-pages = Seiten des Protokolls
requests-newest = Neueste
requests-strangers = Anfragen ohne Token oder mit einem hier unbekannten gehören zu keinem Workspace und stehen nicht hier. Solche mit abgelaufenem oder widerrufenem Token schon.
requests-all = Alle Anfragen
requests-why = Warum schlug das fehl?
requests-next = Was nun zu tun ist:
requests-told = Was dem Anbieter gesagt wurde
requests-note = Was nur die Bridge weiß
requests-facts = Die Anfrage
requests-address = Adresse
requests-agent = Programm
requests-id = Anfrage-ID
requests-person = Diese Person
requests-same = Alles zum selben
requests-sent = Was gesendet wurde
requests-answered = Was geantwortet wurde
requests-no-body = Nichts, oder nichts, das aufbewahrt wird.
requests-masked = Passwörter und Tokens werden unkenntlich gemacht, bevor etwas aufbewahrt wird. Was mit … endet, wurde gekürzt.

### Warum eine Anfrage fehlschlug

why-token-missing = Die Anfrage trägt kein Token.
why-token-missing-next = Trage das Token beim Anbieter ein, ohne das Wort Bearer.
why-token-unknown = Das Token ist keines von dieser Bridge oder wurde nicht ganz kopiert.
why-token-unknown-next = Erzeuge hier ein neues Token und trage es beim Anbieter ein.
why-token-expired = Die Zeit des Tokens ist abgelaufen.
why-token-expired-next = Erzeuge hier ein zweites Token, trage es beim Anbieter ein und widerrufe dann das alte.
why-token-revoked = Jemand hat dieses Token widerrufen.
why-token-revoked-next = Erzeuge hier ein neues Token und trage es beim Anbieter ein. Das Audit-Log sagt, wer dieses widerrufen hat.
why-read-only = Das Token darf nur lesen, und der Anbieter wollte etwas ändern.
why-read-only-next = Erzeuge ein Token, das lesen und schreiben darf, und trage es beim Anbieter ein.
why-seats = Alle Plätze sind belegt, daher kann niemand mehr aktiv werden.
why-seats-next = Deaktiviere jemanden oder hol dir mehr Plätze; lass den Anbieter es dann noch einmal versuchen.
why-last-admin = Das würde dem Workspace den letzten aktiven Admin nehmen.
why-last-admin-next = Mach zuerst jemand anderen zum Admin.
why-last-protected = Das würde dem Workspace den letzten geschützten Admin nehmen.
why-last-protected-next = Lege zuerst einen weiteren geschützten Admin an.
why-no-filter-here = Die Dokumente über den Dienst lassen sich nicht mit einem Filter durchsuchen.
why-no-filter-here-next = Frage ohne Filter. Okta und Entra ID senden hier nie einen.
why-forbidden = Die Bridge erlaubt das nicht.
why-forbidden-next = Lies unten, was dem Anbieter gesagt wurde.
why-two-slashes = In der Adresse stehen zwei Schrägstriche hintereinander.
why-two-slashes-next = Nimm beim Anbieter den Schrägstrich am Ende der Adresse weg.
why-no-such-method = Diese Adresse kann man so nicht fragen.
why-no-such-method-next = Prüfe die Adresse beim Anbieter: Sie endet auf /scim/v2.
why-user-gone = Diesen Benutzer gibt es hier nicht. Er wurde gelöscht oder kommt aus einem anderen Workspace.
why-user-gone-next = Sucht der Anbieter ihn von selbst wieder, ist nichts zu tun. Sonst lass ihn die Benutzer neu einlesen oder weise die Person noch einmal zu.
why-group-gone = Diese Gruppe gibt es hier nicht. Sie wurde gelöscht oder kommt aus einem anderen Workspace.
why-group-gone-next = Lass den Anbieter die Gruppe noch einmal übertragen.
why-nothing-here = Unter dieser Adresse gibt es nichts.
why-nothing-here-next = Prüfe die Adresse beim Anbieter: Sie endet auf /scim/v2.
why-taken-user-name = Ein anderer aktiver Benutzer hat schon diesen userName.
why-taken-user-name-next = Ging nur eine Antwort verloren, ist es dieselbe Person, und der nächste Versuch findet sie. Ist es jemand anderes, benenne einen der beiden um.
why-taken-email = Ein anderer Benutzer hat schon diese E-Mail-Adresse.
why-taken-email-next = Korrigiere die Adresse eines der beiden.
why-taken-external-id = Ein anderes Konto hat schon diese externalId: Zwei geben sich für dieselbe Person beim Anbieter aus.
why-taken-external-id-next = Ordne externalId etwas zu, das eindeutig ist und sich nie ändert: Oktas Benutzer-ID, in Entra ID objectId.
why-taken-group-name = Eine Gruppe mit diesem Namen gibt es hier schon.
why-taken-group-name-next = Verknüpfe sie, statt sie neu anzulegen, oder benenne eine der beiden um.
why-taken = Etwas anderes hat schon diesen Wert, der eindeutig sein muss.
why-taken-next = Lies unten, welches Attribut es ist, und korrigiere eines der beiden.
why-bulk-before = Eine Operation davor, auf die sie sich bezieht, schlug fehl.
why-bulk-before-next = Behebe die davor; diese geht dann auch.
why-conflict = Das passt nicht zu dem, was da ist.
why-conflict-next = Lies unten, was dem Anbieter gesagt wurde.
why-filter-unreadable = Der Filter der Suche ist nicht lesbar.
why-filter-unreadable-next = Anbieter schreiben ihre Filter selbst; melde diesen dem Hersteller. In einem eigenen Programm korrigiere ihn.
why-filter-large = Der Filter der Suche ist länger oder tiefer, als die Bridge annimmt.
why-filter-large-next = Frage nach weniger auf einmal.
why-filter-attribute = Der Filter fragt nach einem Attribut, das sich nicht durchsuchen lässt.
why-filter-attribute-next = Lass den Anbieter Personen über userName oder externalId abgleichen.
why-sorted-by = Danach lässt sich die Liste nicht sortieren.
why-sorted-by-next = Sortiere nach userName, displayName oder einem Datum, oder gar nicht.
why-no-such-attribute = Der Anbieter ändert ein Attribut, das es hier nicht gibt: { $what }.
why-no-such-attribute-next = Entferne seine Zuordnung beim Anbieter.
why-no-target = Die Änderung betrifft ein Element, das nicht da ist, und sagt nicht, wie man es anlegt.
why-no-target-next = Lass den Anbieter die Person einmal ganz neu senden. Kommt es wieder, vereinfache die Zuordnung zu emails[type eq "work"].value oder Ähnlichem.
why-not-removable = Dieses Attribut lässt sich setzen, aber nicht entfernen: { $what }.
why-not-removable-next = Lass den Anbieter statt keines einen anderen Wert senden.
why-not-changeable = Der Anbieter ändert etwas, das nur die Bridge ändern darf, etwa eine ID oder eine Rolle.
why-not-changeable-next = Entferne die Zuordnung beim Anbieter. Rollen kommen aus Gruppen und Regeln.
why-member-fixed = Ein Gruppenmitglied lässt sich hinzufügen oder entfernen, nicht ändern.
why-member-fixed-next = Entferne in einem eigenen Programm das Mitglied und füge es wieder hinzu. Okta und Entra ID verlangen das nie.
why-passwords-refused = Der Anbieter hat ein Passwort gesendet, und dieser Workspace nimmt keine an.
why-passwords-refused-next = Schalte beim Anbieter die Passwort-Synchronisierung ab.
why-password-weak = Der Anbieter hat ein Passwort gesendet, das zu kurz oder zu einfach ist.
why-password-weak-next = Schalte beim Anbieter die Passwort-Synchronisierung ab, oder lass seine Richtlinie mindestens 12 Zeichen verlangen.
why-manager-missing = Die Führungskraft dieser Person gibt es hier nicht.
why-manager-missing-next = Weise auch die Führungskraft beim Anbieter zu, oder entferne die Zuordnung der Führungskraft.
why-member-missing = Ein Mitglied der Gruppe wurde hier nie angelegt.
why-member-missing-next = Weise diese Person beim Anbieter zu; dann lässt sich die Gruppe noch einmal übertragen.
why-member-of-itself = Eine Gruppe kann nicht Mitglied ihrer selbst sein.
why-member-of-itself-next = Nimm die Gruppe beim Anbieter aus sich selbst heraus.
why-not-a-switch = Etwas, das wahr oder falsch ist, bekam einen anderen Wert: { $what }.
why-not-a-switch-next = Nimm dafür die Zuordnung, die der Anbieter vorgibt, ohne Konstante oder Formel.
why-value-missing = Ein nötiger Wert fehlt oder ist leer: { $what }.
why-value-missing-next = Gib ihm in der Zuordnung eine Quelle und trage ihn bei dieser Person ein.
why-value-long = Ein Wert ist länger, als die Bridge annimmt: { $what }.
why-value-long-next = Kürze ihn beim Anbieter.
why-value-many = Es sind zu viele Werte: { $what }.
why-value-many-next = Sende weniger davon.
why-two-primary = Mehr als ein Wert ist als der wichtigste markiert.
why-two-primary-next = Markiere in der Zuordnung nur einen.
why-not-a-date = Ein Datum ist nicht so geschrieben, wie man Daten schreibt: { $what }.
why-not-a-date-next = Sende es wie 2026-01-31T08:00:00Z, oder entferne die Zuordnung.
why-bulk-message = Die Sammelanfrage ist nicht so aufgebaut, wie sie sein muss.
why-bulk-message-next = Lies in einem eigenen Programm unten, was falsch ist. Okta und Entra ID senden keine.
why-value-wrong = Ein Wert passt nicht zu seinem Attribut.
why-value-wrong-next = Lies unten, welcher es ist, und korrigiere seine Zuordnung oder den Wert beim Anbieter.
why-not-json = Der Inhalt der Anfrage ist kein gültiges JSON.
why-not-json-next = Vielleicht hat ihn unterwegs etwas verändert, etwa ein Proxy. In einem eigenen Programm korrigiere ihn.
why-named-twice = Die Anfrage nennt dasselbe Attribut zweimal.
why-named-twice-next = Suche beim Anbieter nach zwei Zuordnungen zu einem Attribut und entferne eine.
why-no-schemas = Die Anfrage sagt nicht, welchem Schema sie folgt.
why-no-schemas-next = Ergänze in einem eigenen Programm schemas. Okta und Entra ID senden es immer.
why-no-op = Eine Operation sagt etwas anderes als add, replace oder remove.
why-no-op-next = Korrigiere in einem eigenen Programm op. Für Okta und Entra ID braucht das Token das Profil compat.
why-message-wrong = Die Anfrage ist nicht so aufgebaut, wie SCIM es will.
why-message-wrong-next = Lies in einem eigenen Programm unten, was falsch ist. Prüfe bei Okta und Entra ID, ob das Token das Profil compat hat.
why-cursor = Die Stelle, an der eine lange Liste weitergehen sollte, ist unbekannt oder zu alt.
why-cursor-next = Der Anbieter fängt wieder vorn an. Es ist nichts zu tun.
why-strict = Das Token hat das strenge Profil interop, und die Anfrage nimmt sich eine Freiheit, wie Okta und Entra ID es tun.
why-strict-next = Erzeuge ein Token mit dem Profil compat und trage es beim Anbieter ein.
why-body-cut = Die Anfrage kam nicht ganz an oder ist keine, die die Bridge versteht.
why-body-cut-next = Versuche es noch einmal. Kommt es wieder, sieh dir den Proxy oder die Firewall dazwischen an.
why-changed = Inzwischen hat es jemand anderes geändert, und der Anbieter wollte nur ändern, was er gesehen hatte.
why-changed-next = Der Anbieter liest es noch einmal und wiederholt die Änderung. Es ist nichts zu tun.
why-too-many-operations = In einer Anfrage sind mehr Operationen, als die Bridge annimmt.
why-too-many-operations-next = Sende weniger auf einmal.
why-too-large = Die Anfrage ist größer, als die Bridge annimmt.
why-too-large-next = Übertrage kleinere Gruppen, oder lass limits.body_bytes erhöhen, wer die Bridge betreibt.
why-compressed = Der Inhalt wurde komprimiert gesendet.
why-compressed-next = Schalte die Komprimierung ab, beim Anbieter oder am Proxy dazwischen.
why-media-type = Die Anfrage sagt nicht, dass sie JSON enthält.
why-media-type-next = Sende in einem eigenen Programm Content-Type: application/scim+json. Sonst sieh dir den Proxy dazwischen an.
why-strangers = Von dieser Adresse kamen zu viele Anfragen ohne gültiges Token.
why-strangers-next = Trage das richtige Token ein; nach einer Minute wird die Adresse wieder eingelassen.
why-too-often = Der Anbieter fragt öfter, als die Bridge erlaubt.
why-too-often-next = Er wartet und macht von selbst weiter. Geschieht es den ganzen Tag, bitte die, die die Bridge betreiben, die Grenze zu erhöhen.
why-ours = In der Bridge ist etwas schiefgegangen. Der Anbieter kann nichts dafür.
why-ours-next = Gib die Anfrage-ID an, wer die Bridge betreibt, und lass den Anbieter es noch einmal versuchen.
why-not-served = Diesen Teil von SCIM bietet die Bridge nicht.
why-not-served-next = Lege Benutzer mit POST an /Users an.
why-too-slow = Die Antwort hat zu lange gedauert.
why-too-slow-next = Der Anbieter versucht es von selbst noch einmal. Kommt es wieder, sag es, wer die Bridge betreibt.
why-went-away = Der Anbieter ist gegangen, bevor er eine Antwort hatte, und nichts wurde geändert.
why-went-away-next = Der Anbieter versucht es von selbst noch einmal. Kommt das oft vor, ist sein Zeitlimit zu kurz, oder etwas zwischen ihm und der Bridge beendet Verbindungen.
why-busy = Die Datenbank konnte gerade nicht antworten.
why-busy-next = Der Anbieter versucht es von selbst noch einmal. Kommt es wieder, sag es, wer die Bridge betreibt.
why-bulk-part = Einige Operationen der Sammelanfrage schlugen fehl ({ $what }).
why-bulk-part-next = Sieh in der Antwort nach, welche fehlschlugen und warum.
why-other = Die Anfrage wurde abgelehnt.
why-other-next = Lies unten, was dem Anbieter gesagt wurde.
why-client-secret = Das Geheimnis des Clients ist falsch.
why-client-secret-next = Trage das Geheimnis noch einmal ein, oder lege einen neuen Client an.
why-client-revoked = Der Client wurde widerrufen.
why-client-revoked-next = Lege einen neuen Client an und trage seine ID und sein Geheimnis beim Anbieter ein.
why-client-unknown = Einen Client mit dieser ID gibt es nicht.
why-client-unknown-next = Prüfe die ID beim Anbieter.
why-client-no-proof = Die Anfrage belegt nichts: Sie hat kein Geheimnis und keine Signatur oder keine Client-ID.
why-client-no-proof-next = Trage ID und Geheimnis beim Anbieter ein.
why-client-replayed = Die signierte Assertion wurde schon einmal benutzt.
why-client-replayed-next = Der Anbieter muss für jede Anfrage eine neue signieren, mit neuer jti.
why-client-signs = Dieser Client hat kein Geheimnis; er weist sich mit einer Signatur aus.
why-client-signs-next = Wähle beim Anbieter private_key_jwt, oder lege einen Client mit Geheimnis an.
why-client-has-secret = Dieser Client weist sich mit einem Geheimnis aus, nicht mit einer Signatur.
why-client-has-secret-next = Wähle beim Anbieter ein Client-Geheimnis, oder lege einen Client an, der signiert.
why-client-proof = Der Client hat nicht belegt, wer er ist.
why-client-proof-next = Die Zeile unten sagt, was am Beleg falsch ist; dem Anbieter wurde es nicht gesagt.
why-client-grant = Der Code oder das Refresh-Token gilt nicht mehr.
why-client-grant-next = Lass die Person sich noch einmal anmelden. Die Zeile unten sagt, was daran falsch war.
why-client-scope = Der Client verlangt einen Umfang, den er nicht haben darf.
why-client-scope-next = Verlange scim oder scim:read, je nachdem, wofür der Client angelegt wurde.
why-client-grant-type = Der Client verlangt ein Token auf eine Weise, die es hier nicht gibt.
why-client-grant-type-next = Wähle beim Anbieter den Grant-Typ client credentials.
why-client-login = An diesem Client melden sich Personen an; er kann keine Benutzer schreiben.
why-client-login-next = Lege einen Client für die Bereitstellung an.
why-client-request = Die Anfrage nach einem Token ist nicht so aufgebaut, wie sie sein muss.
why-client-request-next = Lies unten, was dem Anbieter gesagt wurde.
why-okta-token = Applications → deine App → Provisioning → Integration → Edit: Token eintragen, dann Test API Credentials.
why-entra-token = Enterprise applications → deine App → Provisioning → Properties → Admin credentials bearbeiten: Secret token, dann Test connection.
why-okta-address = Applications → deine App → Provisioning → Integration → Edit: SCIM connector base URL, ohne Schrägstrich am Ende.
why-entra-address = Enterprise applications → deine App → Provisioning → Properties → Admin credentials bearbeiten: Tenant URL.
why-okta-mapping = Provisioning → To App → Attribute Mappings; der Wert selbst steht im Profil der Person.
why-entra-mapping = Provisioning → Attribute mapping → Provision Microsoft Entra ID Users; der Wert selbst steht im Profil der Person.
why-okta-assigned = Applications → deine App → Assignments, für Gruppen Push Groups.
why-entra-assigned = Enterprise applications → deine App → Users and groups.
why-okta-again = Dashboard → Tasks: Wiederhole die Aufgabe, wenn die Ursache weg ist. Bis dahin bleibt sie dort.
why-entra-again = Es wiederholt sich von selbst, immer seltener. Provision on demand versucht es sofort für eine Person.
why-okta-password = Provisioning → To App → Sync Password: abschalten.
why-entra-password = Provisioning → Attribute mapping: Entferne die Zuordnung zu password.
why-okta-itself = Es ist nichts zu tun; was unter Dashboard → Tasks stehen bleibt, lässt sich dort wiederholen.
why-entra-itself = Es ist nichts zu tun; in einem der nächsten Durchläufe wird es noch einmal versucht.

### Zustand

health-title = Zustand von { $workspace }
health-well = Alles ist in Ordnung.
health-warnings = Nichts ist kaputt; { $count ->
    [one] { $count } Punkt ist
   *[other] { $count } Punkte sind
} anzusehen.
health-failures = { $count ->
    [one] { $count } Punkt ist
   *[other] { $count } Punkte sind
} zu beheben.
health-besides = Und { $count ->
    [one] { $count } Punkt ist
   *[other] { $count } Punkte sind
} anzusehen.
health-to-do = Was zu tun ist
health-failure = Fehler
health-warning = Warnung
health-for = Seit { $span }.
health-providers = Identitätsanbieter
health-no-provider = Niemand stellt Benutzer für diesen Workspace bereit: Es gibt kein gültiges Token und keinen Client.
health-aisoule = AIsoule
health-no-connector = Es gibt keinen Connector: Nichts gleicht AIsoule mit diesem Workspace ab.
health-no-webhook = Es gibt keinen Endpunkt, der erfährt, was geschieht.
health-mail = Mail
health-ending = Abgelaufen oder bald am Ende
health-as-of = Stand: { $at }.
health-again = Noch einmal nachsehen
health-kind-token = Token
health-kind-client = Client
health-kind-key = API-Schlüssel
health-state-running = läuft
health-state-paused = angehalten
health-state-stopped = gestoppt
health-state-active = aktiv
health-state-failing = gestört
health-state-disabled = abgeschaltet
health-seats-used = { $used } von { $limit } Plätzen belegt.
health-seats-waiting = { $count ->
    [one] { $count } Person wartet auf einen.
   *[other] { $count } Personen warten auf einen.
}
health-seats-free = { $count ->
    [one] { $count } ist frei.
   *[other] { $count } sind frei.
}
health-seats-reject = Keiner ist frei: Die nächste Person wird abgelehnt.
health-seats-park = Keiner ist frei: Die nächste Person wartet und kommt herein, sobald ein Platz frei wird.
health-seats-overage = Keiner ist frei: Die nächste Person kommt über den Plan hinaus herein.
health-seats-over = Das sind { $count } mehr, als der Plan hat.
health-provider-when = Zuletzt gefragt { $used }, zuletzt etwas geändert { $wrote }.
health-provider-read = Zuletzt gefragt { $used }, noch nie etwas geändert.
health-provider-never = Hat noch nie etwas gefragt.
health-provider-silent = Nichts in der letzten Stunde.
health-provider-good = { $count ->
    [one] { $count } Anfrage
   *[other] { $count } Anfragen
} in der letzten Stunde, keine schlug fehl.
health-provider-bad = { $count ->
    [one] { $count } Anfrage
   *[other] { $count } Anfragen
} in der letzten Stunde, { $errors } davon schlugen fehl.
health-delivered = Zuletzt zugestellt { $ago }.
health-delivered-never = Noch wurde nichts zugestellt.
health-equal = Zuletzt erfolgreich { $ago }.
health-equal-never = Noch ist dort nichts angekommen.
health-compared = Verglichen { $ago }.
health-compared-never = Noch nie verglichen.
health-nothing-waits = Nichts wartet.
health-waits = { $count ->
    [one] { $count } Ereignis ist unterwegs.
   *[other] { $count } Ereignisse sind unterwegs.
}
health-waits-since = { $count ->
    [one] { $count } Ereignis ist unterwegs, geschehen { $oldest }.
   *[other] { $count } Ereignisse sind unterwegs, das älteste geschah { $oldest }.
}
health-given-up = { $count ->
    [one] { $count } wurde aufgegeben.
   *[other] { $count } wurden aufgegeben.
}
health-stuck = { $count ->
    [one] { $count } steckt fest.
   *[other] { $count } stecken fest.
}
health-mail-now = { $count ->
    [one] 1 Mail ist in der Warteschlange.
   *[other] { $count } Mails sind in der Warteschlange.
}
health-mail-late = { $count ->
    [one] 1 davon ging nicht beim ersten Versuch hinaus.
   *[other] { $count } davon gingen nicht beim ersten Versuch hinaus.
}
health-mail-failed = { $count ->
    [one] 1 konnte nicht verschickt werden.
   *[other] { $count } konnten nicht verschickt werden.
}
health-mail-none = Keine Mail wartet.
health-ended = abgelaufen { $when }
health-ends = läuft { $when } ab
health-why-token-ended = Das Token { $name } ({ $hint }…) ist abgelaufen: { $at }.
health-next-token-ended = Erzeuge ein neues und trage es beim Anbieter ein; widerrufe dann dieses.
health-why-token-ends = Das Token { $name } ({ $hint }…) läuft bald ab: { $at }.
health-next-token-ends = Erzeuge ein neues und trage es beim Anbieter ein; widerrufe dann dieses.
health-why-key-ended = Der API-Schlüssel { $name } ({ $hint }…) ist abgelaufen: { $at }.
health-next-key-ended = Erzeuge einen neuen, wo er noch benutzt wird.
health-why-key-ends = Der API-Schlüssel { $name } ({ $hint }…) läuft bald ab: { $at }.
health-next-key-ends = Erzeuge einen neuen, wo er noch benutzt wird, oder lass ihn ablaufen.
health-why-provider = { $errors } der { $requests } Anfragen von { $name } in der letzten Stunde wurden abgelehnt oder schlugen fehl.
health-next-provider = Sieh nach, was gefragt wurde und warum es fehlschlug:
health-why-webhook-failing = { $name } nimmt nichts an: { $problem }.
health-next-webhook-failing = Bring den Empfänger in Ordnung; was wartet, wird von selbst zugestellt.
health-why-webhook-off = { $name } wurde abgeschaltet: { $problem }.
health-next-webhook-off = Bring den Empfänger in Ordnung und schalte ihn wieder ein; oder entferne ihn.
health-why-webhook-behind = { $name } hängt zurück: { $events } Ereignisse sind unterwegs, das älteste von { $at }.
health-next-webhook-behind = Seine Zustellungen sagen, woran es liegt.
health-why-delivery = { $dead ->
    [one] { $dead } Zustellung wurde
   *[other] { $dead } Zustellungen wurden
} bei { $name } aufgegeben: Sie wurden nicht angenommen, so oft sie auch kamen.
health-next-delivery = Seine Zustellungen sagen, warum. Stelle sie dann noch einmal zu oder verwirf, was niemand mehr braucht.
health-why-connector-stopped = AIsoule wird nicht mehr abgeglichen: { $problem }.
health-next-connector-stopped = Behebe das (mit einem anderen Schlüssel zum Beispiel) und lass den Connector dann weiterlaufen.
health-why-connector-paused = AIsoule wird nicht abgeglichen: Jemand hat den Connector angehalten.
health-next-connector-paused = Lass ihn weiterlaufen, wenn es so weit ist.
health-why-connector-behind = AIsoule hängt zurück: Die älteste Änderung, die dort fehlt, ist von { $at }.
health-next-connector-behind = Die Seite des Connectors sagt, woran es liegt.
health-why-stuck-user = { $name } ist in AIsoule nicht so wie hier: { $problem }.
health-next-stuck-user = Behebe, was da steht, und lass es den Connector dann noch einmal versuchen.
health-why-stuck-role = Die Rolle { $name } ist in AIsoule nicht so wie hier: { $problem }.
health-next-stuck-role = Behebe, was da steht, und lass es den Connector dann noch einmal versuchen.
health-why-stuck-team = Das Team { $name } ist in AIsoule nicht so wie hier: { $problem }.
health-next-stuck-team = Behebe, was da steht, und lass es den Connector dann noch einmal versuchen.
health-why-parked = { $name } wartet auf einen Platz: Alle sind belegt ({ $used } von { $limit }, Plan { $plan }).
health-next-parked = Deaktiviere jemanden oder erhöhe die Plätze; dann kommen die Wartenden von selbst herein, wer am längsten wartet zuerst.
health-why-parked-free = { $name } wartet auf einen Platz: { $free ->
    [one] { $free } Platz ist frei, und doch hat ihn niemand vergeben.
   *[other] { $free } Plätze sind frei, und doch hat sie niemand vergeben.
}
health-next-parked-free = Deaktiviere jemanden oder erhöhe die Plätze; dann kommen die Wartenden von selbst herein, wer am längsten wartet zuerst.
health-why-parked-more = { $count } weitere warten hinter ihnen auf einen Platz.
health-next-parked-more = Alle stehen hier:
health-why-mail = Die Mail „{ $mail }“ hat { $recipient } nicht erreicht: { $problem }.
health-next-mail = Korrigiere die Adresse oder die Mail-Einstellungen; wer die Bridge betreibt, schickt sie mit mail retry { $id } noch einmal.
health-why-connection = Die letzte Anmeldung über { $name } schlug fehl: { $problem }
health-next-connection = Der Test der Verbindung geht sie Schritt für Schritt durch.
health-why-domain-missing = Der Eintrag, der { $name } nachweist, fehlt: { $problem }. Nach zwei Wochen ohne ihn gilt die Domain nicht mehr.
health-next-domain-missing = Lass den TXT-Eintrag { $record } „{ $value }“ sagen und prüfe ihn dann noch einmal.
health-why-domain-unproved = { $name } ist noch nicht nachgewiesen: { $problem }.
health-next-domain-unproved = Lass den TXT-Eintrag { $record } „{ $value }“ sagen und prüfe ihn dann noch einmal.

### API-Schlüssel

keys-lead = Programme benutzen die REST-API mit einem Schlüssel. Ein Schlüssel handelt als die Person, die ihn gemacht hat, und darf nie mehr als sie.
keys-all = Schlüssel
keys-key = Schlüssel
keys-none = Es gibt noch keinen Schlüssel.
keys-as = Handelt als
keys-workspace = der Workspace selbst
keys-dead = nicht aktiv: Der Schlüssel tut nichts
keys-everything = Alles, was diese Person darf
keys-revoked-ones = { $count ->
    [one] { $count } widerrufener Schlüssel
   *[other] { $count } widerrufene Schlüssel
}
keys-new = Neuer Schlüssel
keys-new-lead = Er handelt als { $person }.
keys-may-all = Alles, was ich darf, jetzt und später
keys-may-some = Nur, was hier gewählt ist
keys-permissions = Berechtigungen
keys-may-count = { $count ->
    [one] { $count } Berechtigung
   *[other] { $count } Berechtigungen
}
keys-choose-all = Alle davon
keys-choose = Wähle mindestens eine Berechtigung oder alles, und wie lange der Schlüssel gilt.
keys-make = Schlüssel erzeugen
keys-made = Dein neuer Schlüssel
keys-made-how = Header und Adresse:
keys-once = Der Schlüssel ist erzeugt. Er wird nur dieses eine Mal gezeigt: Kopiere ihn jetzt.
keys-revoke = Programme, die diesen Schlüssel benutzen, werden ab jetzt abgewiesen. Das lässt sich nicht zurücknehmen.
keys-done-revoked = Der Schlüssel ist widerrufen.

### Was mehrere Bereiche sagen

paging-label = Seiten
persons-search = Name oder E-Mail
persons-nobody = Damit wird niemand gefunden.
because-rule = wegen der Gruppe { $group }, Regel mit Priorität { $priority }
because-gone = wegen einer Regel, die es nicht mehr gibt
because-manual = weil sie jemand von Hand gegeben hat
because-default = die Standardrolle: keine Regel gibt eine andere
trouble-name = Ein Name hat 1 bis 100 Zeichen.

### Berechtigungen

permission-on-users = Benutzer
permission-on-roles = Rollen
permission-on-teams = Teams
permission-on-groups = Gruppen
permission-on-rules = Regeln
permission-on-seats = Plätze
permission-on-chat = Konversationen
permission-on-audit = Audit-Log
permission-on-reviews = Zugriffsprüfungen
permission-on-tokens = Tokens
permission-on-keys = API-Schlüssel
permission-on-clients = Programme
permission-on-events = Ereignisse
permission-on-connections = Single Sign-on
permission-on-webhooks = Webhooks
permission-on-connector = Connector
permission-on-health = Zustand
permission-on-log = Anfragen
permission-users-read = Benutzer sehen, ihre Rollen und Teams, und warum sie sie haben
permission-users-write = Benutzer anlegen und ändern, Rollen geben, aktivieren, deaktivieren, Passwörter zurücksetzen
permission-users-delete = Benutzer löschen
permission-roles-read = Rollen sehen, und was sie erlauben
permission-roles-write = Rollen anlegen und ändern
permission-roles-delete = Rollen löschen
permission-teams-read = Teams und ihre Mitglieder sehen
permission-teams-write = Teams anlegen und ändern, Mitglieder aufnehmen und entfernen
permission-teams-delete = Teams löschen
permission-groups-read = Gruppen der Identitätsanbieter sehen, und wer darin ist
permission-groups-write = Gruppen von Hand anlegen und ändern
permission-groups-delete = Gruppen löschen
permission-rules-read = Regeln sehen, die Gruppen Rollen und Teams geben
permission-rules-write = Regeln anlegen, ändern und löschen
permission-seats-read = Plan und Plätze sehen, und wer auf einen wartet
permission-seats-write = Den Plan ändern, und was an seiner Grenze geschieht
permission-chat-read = Konversationen lesen
permission-chat-write = Nachrichten und Notizen schreiben
permission-chat-assign = Konversationen zuweisen
permission-audit-read = Das Audit-Log lesen, exportieren und prüfen
permission-audit-write = Ändern, wie lange das Audit-Log aufbewahrt wird
permission-reviews-read = Zugriffsprüfungen sehen
permission-reviews-decide = In Zugriffsprüfungen entscheiden, wer Zugriff behält
permission-reviews-write = Zugriffsprüfungen beginnen, umsetzen und abschließen
permission-tokens-read = Tokens der Identitätsanbieter sehen
permission-tokens-write = Tokens für Identitätsanbieter anlegen und widerrufen
permission-keys-read = API-Schlüssel sehen
permission-keys-write = API-Schlüssel anlegen und widerrufen
permission-clients-read = Programme sehen, bei denen man sich über die Bridge anmeldet
permission-clients-write = Die Anmeldung bei einem Programm über die Bridge erlauben oder beenden
permission-events-read = Verfolgen, was im Workspace geschieht
permission-connections-read = Sehen, wie man sich anmeldet: Verbindungen, Domains, ob es verlangt wird
permission-connections-write = Ändern, wie man sich anmeldet: Verbindungen, Domains, ob es verlangt wird
permission-webhooks-read = Webhooks sehen, und was aus jeder Zustellung wurde
permission-webhooks-write = Webhooks anlegen, ändern und löschen, ihre Geheimnisse erneuern, noch einmal zustellen
permission-connector-read = Sehen, wie der entfernte AIsoule-Workspace steht, und wo er abweicht
permission-connector-write = Einen entfernten AIsoule-Workspace verbinden, vergleichen und angleichen
permission-health-read = Sehen, wie es Bereitstellung und Zustellung geht, und wer feststeckt
permission-log-read = Lesen, was Identitätsanbieter gefragt und zur Antwort bekommen haben

### Rollen

roles-title = Rollen
roles-new = Neue Rolle
roles-create = Rolle anlegen
roles-intro = Eine Rolle sagt, was man mit ihr darf. Eine Änderung gilt ab dem nächsten Klick.
roles-name = Name
roles-description = Wofür sie ist
roles-people = Aktive Benutzer
roles-permissions = Berechtigungen
roles-permission = Berechtigung
roles-people-of = { $count ->
    [one] { $count } aktiver Benutzer mit der Rolle { $role }
   *[other] { $count } aktive Benutzer mit der Rolle { $role }
}
roles-built-in = eingebaut
roles-default = Standard
roles-what-admin = Darf alles
roles-what-manager = Leitet Teams: sieht alle, ändert Teams, weist Konversationen zu, entscheidet in Zugriffsprüfungen
roles-what-agent = Beantwortet Konversationen
roles-matrix = Was jede Rolle erlaubt
roles-matrix-hint = Öffne eine Rolle, um zu ändern, was sie erlaubt. Eingebaute Rollen bleiben, wie sie sind.
roles-yes = ja
roles-no = nein
roles-held-by = { $count ->
    [one] { $count } Benutzer hat sie
   *[other] { $count } Benutzer haben sie
}
roles-built-in-hint = Diese Rolle ist eingebaut: Sie kann nicht geändert oder gelöscht werden. Lege eine eigene an, wenn du eine andere brauchst.
roles-allows = Was sie erlaubt
roles-own-only = Du kannst nur Berechtigungen geben, die du selbst hast.
roles-default-title = Standardrolle
roles-default-hint = Wer neu ist, bekommt die Standardrolle, wenn keine Regel eine andere gibt. Wer jetzt die Standardrolle hat, bekommt stattdessen diese.
roles-look-default = { $role } wäre die Standardrolle.
roles-make-default = { $role } zum Standard machen
roles-delete-title = Diese Rolle löschen
roles-delete-default = Sie ist die Standardrolle, darum kann sie nicht gelöscht werden. Mach zuerst eine andere zum Standard.
roles-delete-in-use = Sie wird benutzt, darum kann sie nicht gelöscht werden. Gib den Personen zuerst eine andere Rolle und ändere diese Regeln:
roles-delete-free = Niemand hat sie, und keine Regel gibt sie.
roles-given-by = Die Regel für die Gruppe
roles-delete = { $role } löschen
roles-done-created = Die Rolle wurde angelegt.
roles-done-saved = Die Rolle wurde gespeichert. Sie gilt ab jetzt.
roles-done-default = Sie ist ab jetzt die Standardrolle.
roles-done-deleted = Die Rolle wurde gelöscht.

### Teams

teams-title = Teams
teams-new = Neues Team
teams-create = Team anlegen
teams-intro = Konversationen werden an Teams verteilt. Regeln nehmen Leute auf, oder du tust es von Hand.
teams-none = Es gibt noch kein Team.
teams-name = Name
teams-description = Wofür es ist
teams-strategy = Wie Konversationen verteilt werden
teams-strategy-hint = Nur an Mitglieder, die aktiv und verfügbar sind.
teams-round-robin = Reihum
teams-load-balanced = An den, der am wenigsten hat
teams-manual = Von Hand
teams-members = Mitglieder
teams-paused = pausiert
teams-has = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
teams-empty = In diesem Team ist niemand.
teams-person = Person
teams-kind = Als
teams-agent = Agent
teams-manager = Manager
teams-why = Warum
teams-by-hand = von Hand aufgenommen
teams-by-group = wegen { $groups }
teams-actions = Was man tun kann
teams-inactive = inaktiv
teams-release = Den Regeln überlassen
teams-remove = Entfernen
teams-overrule-title = { $name } aus diesem Team fernhalten?
teams-overrule = Eine Regel gibt dieses Team einer Gruppe, in der sie sind. Du kannst sie trotzdem fernhalten, bis du es wieder den Regeln überlässt.
teams-keep-out = { $name } fernhalten
teams-add-title = Jemanden aufnehmen
teams-add = Aufnehmen
teams-is-member = ist Mitglied
teams-not-a-member = Kein Mitglied
teams-kept-out = Von Hand ferngehalten
teams-kept-out-hint = Nach einer Regel wären sie in diesem Team; jemand hat anders entschieden.
teams-rules = Regeln, die dieses Team geben
teams-terms = Name und Verteilung
teams-active = An dieses Team werden Konversationen verteilt
teams-delete-title = Dieses Team löschen
teams-delete-hint = Die Mitglieder bleiben, was sie sind; nur das Team verschwindet.
teams-delete-people = { $count ->
    [0] Niemand ist darin.
    [one] { $count } Person verlässt es.
   *[other] { $count } Personen verlassen es.
}
teams-delete-in-use = Regeln geben dieses Team, darum kann es nicht gelöscht werden. Ändere oder lösche sie zuerst:
teams-delete = { $team } löschen
teams-done-created = Das Team wurde angelegt.
teams-done-saved = Das Team wurde gespeichert.
teams-done-added = Sie sind jetzt im Team.
teams-done-removed = Sie sind nicht mehr im Team.
teams-done-released = Es ist wieder den Regeln überlassen.
teams-done-deleted = Das Team wurde gelöscht.

### Gruppen

groups-title = Gruppen
groups-new = Neue Gruppe
groups-new-hint = Gruppen kommen meist von deinem Identitätsanbieter. Lege eine von Hand an, wo es keinen gibt.
groups-create = Gruppe anlegen
groups-intro = Was dein Identitätsanbieter schickt. Eine Regel kann allen in einer Gruppe eine Rolle und Teams geben.
groups-search = Name
groups-found = { $count ->
    [one] { $count } Gruppe
   *[other] { $count } Gruppen
}
groups-none = Es gibt noch keine Gruppe. Dein Identitätsanbieter schickt sie, sobald er verbunden ist.
groups-nothing = Keine Gruppe heißt so.
groups-name = Name
groups-members = Mitglieder
groups-source = Kommt von
groups-rule = Regel
groups-has-rule = Regel mit Priorität { $priority }
groups-no-rule = keine
groups-make-rule = Eine Regel dafür anlegen
groups-pushed-by = { $name } (Bereitstellung)
groups-claimed-by = { $name } (bei der Anmeldung)
groups-made-by = { $name } (von Hand)
groups-unknown-source = unbekannt: älter als das Audit-Log
groups-external-id = ID beim Identitätsanbieter
groups-changed = Zuletzt geändert
groups-has = { $count ->
    [one] { $count } Mitglied
   *[other] { $count } Mitglieder
}
groups-people-in = { $count ->
    [one] { $count } Person in dieser Gruppe
   *[other] { $count } Personen in dieser Gruppe
}
groups-show-all = Alle zeigen, auch über Gruppen darin
groups-show-direct = Nur die eigenen Mitglieder zeigen
groups-empty = In dieser Gruppe ist niemand.
groups-member = Mitglied
groups-role = Rolle
groups-because = Warum
groups-actions = Was man tun kann
groups-is-group = Gruppe
groups-indirect = über eine Gruppe
groups-remove = Entfernen
groups-add-title = Ein Mitglied aufnehmen
groups-search-member = Name oder E-Mail einer Person, oder Name einer Gruppe
groups-add = Aufnehmen
groups-rename-title = Umbenennen
groups-rename = Umbenennen
groups-pushed-hint = Ein Identitätsanbieter pflegt diese Gruppe. Was du von Hand änderst, kann er zurückändern.
groups-bad-name = Der Name einer Gruppe hat 1 bis 100 Zeichen.
groups-delete-title = Diese Gruppe löschen
groups-delete-hint = Die Mitglieder bleiben, was sie sind.
groups-delete-rule = Wer darin ist, verliert die Rolle und die Teams, die die Regel ihretwegen gibt. Die Regel bleibt und findet nie eine andere Gruppe.
groups-look-delete = Die Gruppe { $group } gäbe es nicht mehr.
groups-look-add = { $member } wäre in der Gruppe { $group }.
groups-look-remove = { $member } wäre nicht mehr in der Gruppe { $group }.
groups-look-pushed = Ein Identitätsanbieter pflegt diese Gruppe und kann es bei seinem nächsten Push rückgängig machen.
groups-look-add-do = { $member } hinzufügen
groups-look-remove-do = { $member } entfernen
groups-delete = { $group } löschen
groups-done-created = Die Gruppe wurde angelegt.
groups-done-renamed = Die Gruppe wurde umbenannt.
groups-done-added = Das Mitglied wurde aufgenommen.
groups-done-removed = Das Mitglied wurde entfernt.
groups-done-deleted = Die Gruppe wurde gelöscht.

### Regeln

rules-title = Regeln
rules-new = Neue Regel
rules-of = Regel für { $group }
rules-create = Regel anlegen
rules-intro = Eine Regel gibt allen in einer Gruppe eine Rolle, Teams oder beides. Wenn mehrere eine Rolle geben, entscheidet die mit der höchsten Priorität. Eine von Hand gegebene Rolle bleibt.
rules-none = Es gibt noch keine Regel: Alle haben die Standardrolle oder die, die ihnen jemand von Hand gegeben hat.
rules-order-drag = Zeilen lassen sich auch ziehen.
rules-order-hint = Die höchste Zahl entscheidet zuerst.
rules-priority = Priorität
rules-priority-of = Priorität der Regel für { $group }
rules-priority-hint = Die höchste Zahl entscheidet zuerst.
rules-group = Gruppe
rules-group-hint = Der Name einer Gruppe. Wenn noch keine so heißt, wartet die Regel auf die erste, die kommt.
rules-to-group = Gruppe öffnen
rules-waits = wartet auf ihre Gruppe
rules-waits-hint = Sie wartet auf die erste Gruppe dieses Namens.
rules-role = Rolle
rules-no-role = keine Rolle
rules-teams = Teams
rules-not-in = nicht darin
rules-admin-meant = Wenn die Rolle Admin ist: Alle in der Gruppe sollen Admin werden
rules-admin-unsaid = Damit werden alle in der Gruppe Admin. Setze das Häkchen, dass das so gemeint ist.
rules-gives-nothing = Eine Regel gibt eine Rolle, Teams oder beides. Wähle mindestens eins.
rules-several = Mehrere Gruppen heißen so. Öffne die gemeinte unter Gruppen und lege die Regel von dort aus an.
rules-no-group = Diese Gruppe gibt es nicht, oder der Name kann keiner sein.
rules-clash = Für diese Gruppe gibt es schon eine Regel. Ändere diese.
rules-bad-priority = Eine Priorität ist eine ganze Zahl.
rules-look = Sehen, wer sich ändern würde
rules-look-deletion = Sehen, wer sich ohne sie ändern würde
rules-look-title = Wer sich ändern würde
rules-look-new = Alle in der Gruppe { $group } bekämen: { $role }.
rules-look-ahead = Eine Gruppe { $group } gibt es noch nicht. Wer in sie kommt, bekäme: { $role }.
rules-look-order = Die Regeln würden in anderer Reihenfolge entscheiden.
rules-look-delete = Die Regel für die Gruppe { $group } wäre weg.
rules-look-count = { $count ->
    [one] { $count } Person ändert sich.
   *[other] { $count } Personen ändern sich.
}
rules-look-unsaved = Noch ist nichts gespeichert.
rules-look-move = { $count ->
    [one] { $count } Person: aus { $old } wird { $new }
   *[other] { $count } Personen: aus { $old } wird { $new }
}
rules-look-rest = { $count ->
    [one] Und { $count } weitere Person.
   *[other] Und { $count } weitere Personen.
}
rules-look-person = Person
rules-look-role = Rolle
rules-look-becomes = wird
rules-look-same = bleibt
rules-look-teams = Teams
rules-look-joins = kommt in { $team }
rules-look-leaves = verlässt { $team }
rules-look-why = Warum
rules-look-back = Weiter bearbeiten
rules-save-order = Reihenfolge speichern
rules-people = Wer in der Gruppe ist, und warum sie ihre Rolle haben
rules-delete = Regel löschen
rules-delete-title = Diese Regel löschen
rules-delete-hint = Wer ihretwegen eine Rolle oder ein Team hat, bekommt, was die anderen Regeln geben.
rules-done-created = Die Regel wurde angelegt und wirkt.
rules-done-saved = Die Regel wurde gespeichert und wirkt.
rules-done-deleted = Die Regel wurde gelöscht.
rules-done-ordered = Die Reihenfolge wurde gespeichert und wirkt.

### Audit-Log

audit-title = Audit-Log
audit-intro = Wer was wann und von wo getan hat, und wie es vorher war. Kein Eintrag kann unbemerkt geändert oder entfernt werden.
audit-actor = Wer
audit-action = Aktion
audit-subject = Über wen oder was
audit-from = Von (UTC)
audit-to = Bis (UTC)
audit-clear = Alles zeigen
audit-export = Exportieren, was dieser Filter zeigt:
audit-nothing = Kein Eintrag passt.
audit-bad-day = Dieser Tag ist nicht lesbar. Schreib ihn als 2026-11-26.
audit-address = von { $address }
audit-number = Eintrag { $number }
audit-request = Anfrage
audit-values = { $count ->
    [one] { $count } Wert
   *[other] { $count } Werte
}
audit-value = Wert
audit-old = Vorher
audit-new = Nachher
audit-yes = ja
audit-no = nein
audit-kind-token = Bereitstellungstoken
audit-kind-client = OAuth-Client
audit-kind-user = Person
audit-kind-key = API-Schlüssel
audit-kind-system = von selbst
audit-kind-operator = Kommandozeile
audit-kind-connection = Anmeldung
audit-kind-visitor = jemand auf der Anmeldeseite
audit-kind-setup-link = Einrichtungslink
audit-ids = IDs
audit-noun-user = Person
audit-noun-group = Gruppe
audit-noun-role = Rolle
audit-noun-team = Team
audit-noun-rule = Regel
audit-noun-rules = Regeln
audit-noun-review = Zugriffsprüfung
audit-noun-session = Sitzung
audit-noun-password-link = Link zum Wählen eines Passworts
audit-noun-second-factor = Zweiter Faktor
audit-noun-identity = Konto beim Anbieter
audit-noun-seat = Plätze
audit-noun-workspace = Workspace
audit-noun-token = Bereitstellungstoken
audit-noun-client = Programm
audit-noun-key = API-Schlüssel
audit-noun-connection = Verbindung
audit-noun-domain = Domain
audit-noun-sso = Single Sign-on
audit-noun-setup-link = Einrichtungslink
audit-noun-endpoint = Webhook-Endpunkt
audit-noun-connector = Connector
audit-noun-conversation = Konversation
audit-noun-mail = E-Mail
audit-noun-signing-key = Signaturschlüssel
audit-noun-audit = Audit-Log
audit-noun-sign-in = Anmeldung
audit-noun-backchannel-logout = Abmeldung beim Anbieter
audit-noun-api = REST-API
audit-noun-scim = Bereitstellung
audit-verb-created = angelegt
audit-verb-updated = geändert
audit-verb-deleted = gelöscht
audit-verb-noted = notiert, was der Anbieter sagt
audit-verb-activated = aktiviert
audit-verb-deactivated = deaktiviert
audit-verb-parked = wartet auf einen Platz
audit-verb-role-changed = Rolle geändert
audit-verb-team-changed = Teams geändert
audit-verb-password-changed = Passwort geändert
audit-verb-password-reset = Passwort zurückgesetzt
audit-verb-password-removed = Passwort entfernt
audit-verb-reset-requested = hat einen Link zum Wählen eines Passworts verlangt
audit-verb-bound = hat ihre Gruppe gefunden
audit-verb-started = begonnen
audit-verb-decided = entschieden
audit-verb-applied = ausgeführt
audit-verb-closed = abgeschlossen
audit-verb-due = fällig
audit-verb-opened = geöffnet
audit-verb-revoked = widerrufen
audit-verb-added = hinzugefügt
audit-verb-removed = entfernt
audit-verb-recovery-used = Wiederherstellungscode benutzt
audit-verb-issued = ausgestellt
audit-verb-linked = verknüpft
audit-verb-unlinked = nicht mehr verknüpft
audit-verb-claims = der Anbieter hat etwas Neues gesagt
audit-verb-expires = endet bald
audit-verb-expired = abgelaufen
audit-verb-authorized = zur Anmeldung benutzt
audit-verb-grant-revoked = Zugriff widerrufen
audit-verb-token-reused = Token zweimal benutzt
audit-verb-logout-not-told = hat von einer Abmeldung nicht erfahren
audit-verb-admin-came-in = ein Admin kam herein
audit-verb-proved = nachgewiesen
audit-verb-checked = nachgesehen
audit-verb-lapsed = zählt nicht mehr
audit-verb-enforced = verlangt
audit-verb-released = nicht mehr verlangt
audit-verb-used = benutzt
audit-verb-secret-rotated = Geheimnis ersetzt
audit-verb-tested = ausprobiert
audit-verb-replayed = erneut zugestellt
audit-verb-discarded = Zustellungen verworfen
audit-verb-disabled = abgeschaltet
audit-verb-failing = nimmt nichts an
audit-verb-recovered = funktioniert wieder
audit-verb-paused = angehalten
audit-verb-resumed = fortgesetzt
audit-verb-stopped = stehen geblieben
audit-verb-claimed = Konto übernommen
audit-verb-reconcile-asked = Abgleich verlangt
audit-verb-failed = konnte nicht verschickt werden
audit-verb-retried = wird erneut verschickt
audit-verb-written = darin geschrieben
audit-verb-assigned = zugewiesen
audit-verb-unassigned = niemandem mehr zugewiesen
audit-verb-warning = zu vier Fünfteln belegt
audit-verb-limit-reached = alle belegt
audit-verb-overage = mehr Personen als Plätze
audit-verb-pruned = alte Einträge entfernt
audit-verb-refused = abgelehnt
audit-field-name = Name
audit-field-description = Beschreibung
audit-field-is-active = Aktiv
audit-field-is-default = Standardrolle
audit-field-is-available = Nimmt Konversationen an
audit-field-permissions = Berechtigungen
audit-field-assignment-strategy = Wie Konversationen verteilt werden
audit-field-username = Benutzername
audit-field-displayname = Anzeigename
audit-field-externalid = ID beim Identitätsanbieter
audit-field-standing = Status
audit-field-role = Rolle
audit-field-rolesource = Rolle bestimmt durch
audit-field-rule = Regel
audit-field-pins = Von Hand festgehalten
audit-field-provisioned = Von einem Identitätsanbieter gepflegt
audit-field-manager = Berichtet an
audit-field-title = Position
audit-field-department = Abteilung
audit-field-emails = E-Mail-Adressen
audit-field-email = E-Mail-Adresse
audit-field-teams = Teams
audit-field-joined = Beigetreten
audit-field-left = Verlassen
audit-field-members = Mitglieder
audit-field-group = Gruppe
audit-field-group-name = Gruppe
audit-field-priority = Priorität
audit-field-plan = Plan
audit-field-seats = Plätze
audit-field-seat-policy = Wenn alle Plätze belegt sind
audit-field-scim-passwords = Passwörter über SCIM
audit-field-audit-days = Tage, die Einträge bleiben
audit-field-user = Person
audit-field-user-id = Person
audit-field-expires-at = Gültig bis
audit-field-scope = Umfang
audit-field-reason = Grund
audit-field-refused = Warum
audit-field-door = Hereingekommen durch
audit-field-until = Bis
audit-field-address = Adresse
audit-field-url = Adresse
audit-field-events = Ereignisse
audit-field-state = Zustand
audit-field-problem = Problem
audit-field-secret = Geheimnis
audit-field-enabled = Eingeschaltet
audit-field-issuer = Aussteller
audit-field-client-id = Client-ID
audit-field-connection-id = Verbindung
audit-field-connection = Verbindung
audit-field-default-role-id = Rolle neuer Personen
audit-field-sso-enforced = Single Sign-on verlangt
audit-field-proved-at = Nachgewiesen
audit-field-proved-by = Nachgewiesen durch
audit-field-missing-since = Eintrag fehlt seit
audit-field-assignee = Zugewiesen an
audit-field-assignee-id = Zugewiesen an
audit-field-subject = Betreff
audit-field-kind = Art
audit-field-decision = Entscheidung
audit-field-decided-by = Entschieden von
audit-field-comment = Kommentar
audit-field-outcome = Ergebnis
audit-field-deactivated = Deaktiviert
audit-field-people = Personen
audit-field-delivery = Zustellung
audit-field-deliveries = Zustellungen
audit-field-purpose = Für
audit-field-base-url = Adresse
audit-field-profile = Profil
audit-field-redirect-uris = Weiterleitungsadressen
audit-field-added = Hinzugefügt
audit-field-added-count = Zahl der Hinzugekommenen
audit-field-removed = Entfernt
audit-field-removed-count = Zahl der Weggefallenen
audit-field-second-factor = Zweiter Faktor
audit-field-repeated = Wie oft seitdem
audit-field-full-name = Name
audit-field-inactive = Von Hand deaktiviert
audit-field-at = Wann
audit-field-wanted = Der Anbieter führt sie als aktiv
audit-field-by = Durch
audit-field-id = ID
audit-field-value = Wert
audit-field-type = Art
audit-field-primary = hauptsächlich
audit-field-display = Angezeigt als
audit-field-ref = Adresse
audit-field-active = Aktiv
audit-field-formatted = Vollständig
audit-field-familyname = Nachname
audit-field-givenname = Vorname
audit-field-middlename = Weiterer Vorname
audit-field-honorificprefix = Titel vor dem Namen
audit-field-honorificsuffix = Titel nach dem Namen
audit-field-nickname = Spitzname
audit-field-profileurl = Profilseite
audit-field-usertype = Art der Beschäftigung
audit-field-preferredlanguage = Sprache
audit-field-locale = Region
audit-field-timezone = Zeitzone
audit-field-phonenumbers = Telefonnummern
audit-field-ims = Chat-Adressen
audit-field-photos = Fotos
audit-field-addresses = Postanschriften
audit-field-streetaddress = Straße
audit-field-locality = Ort
audit-field-region = Bundesland
audit-field-postalcode = Postleitzahl
audit-field-country = Land
audit-field-entitlements = Ansprüche
audit-field-roles = Rollen beim Anbieter
audit-field-groups = Gruppen beim Anbieter
audit-field-x509certificates = Zertifikate
audit-field-employeenumber = Personalnummer
audit-field-costcenter = Kostenstelle
audit-field-organization = Organisation
audit-field-division = Bereich
audit-field-admin = Admin
audit-field-adopts = Übernimmt Konten, die schon da waren
audit-field-api-key = API-Schlüssel
audit-field-as-of = Stand
audit-field-auth-method = Wie die Bridge sich ausweist
audit-field-authorization = Adresse der Anmeldung
audit-field-token = Adresse der Tokens
audit-field-userinfo = Adresse der Userinfo
audit-field-endpoints = Eigene Adressen
audit-field-backchannel-logout-uri = Adresse, die von Abmeldungen erfährt
audit-field-post-logout-redirect-uris = Adressen nach der Abmeldung
audit-field-count = Wie viele
audit-field-dead = Alle aufgegebenen
audit-field-due-at = Nächster Versuch
audit-field-from = Von
audit-field-to = Bis
audit-field-groups-claim = Claim der Gruppen
audit-field-roles-claim = Claim der Rollen
audit-field-hash = Siegel
audit-field-jit = Nimmt Personen bei der ersten Anmeldung auf
audit-field-kept = Behalten
audit-field-key-id = Schlüssel-ID
audit-field-last-review = Letzte Prüfung
audit-field-letter = Brief
audit-field-mail = E-Mail
audit-field-mails = E-Mails
audit-field-old-secret-until = Das alte Geheimnis gilt bis
audit-field-others-published-until = Die anderen sind veröffentlicht bis
audit-field-provider = Anbieter
audit-field-reconcile = Was verlangt ist
audit-field-rows = Einträge
audit-field-scopes = Scopes
audit-field-signs-from = Signiert ab
audit-field-through = Bis Eintrag
audit-field-trusts-email = Glaubt ungeprüfte E-Mail-Adressen
audit-word-rolesource-default = niemanden: die Standardrolle
audit-word-rolesource-rule = eine Regel
audit-word-rolesource-manual = jemanden, von Hand
audit-word-type-work = dienstlich
audit-word-type-home = privat
audit-word-type-other = sonstige
audit-word-type-mobile = mobil
audit-word-kind-code = Code
audit-word-kind-access = Access-Token
audit-word-kind-refresh = Refresh-Token
audit-word-kind-message = Nachricht
audit-word-kind-note = Notiz
audit-word-reason-expired = abgelaufen
audit-word-reason-replaced = im selben Browser begann eine andere
audit-word-reason-revoked = von Hand beendet
audit-word-reason-logout = abgemeldet
audit-word-reason-deactivated = die Person wurde deaktiviert
audit-word-reason-password-reset = das Passwort wurde zurückgesetzt
audit-word-reason-password-changed = das Passwort wurde geändert
audit-word-reason-connection-disabled = die Verbindung wurde abgeschaltet
audit-word-reason-connection-changed = die Verbindung wurde geändert
audit-word-reason-connection-deleted = die Verbindung wurde gelöscht
audit-word-reason-logged-out-at-the-provider = beim Anbieter abgemeldet
audit-word-reason-claimed-at-the-provider = das Konto beim Anbieter hat die Person übernommen
audit-word-reason-single-sign-on-enforced = Single Sign-on wird verlangt
audit-word-door-password = mit Passwort
audit-word-door-link = über einen Link in einer E-Mail
audit-word-door-sso = über das Unternehmen
audit-word-purpose-welcome = die erste Anmeldung
audit-word-purpose-reset = ein vergessenes Passwort
audit-word-scope-scim = lesen und schreiben
audit-word-scope-scim-read = lesen
audit-word-profile-compat = wie Okta und Entra ID wirklich senden
audit-word-profile-interop = streng nach dem Standard
audit-word-decision-keep = behalten
audit-word-decision-deactivate = deaktivieren
audit-word-outcome-deactivated = deaktiviert
audit-word-outcome-was-deleted-meanwhile = wurde inzwischen gelöscht
audit-word-by-external-id = dieselbe ID beim Anbieter
audit-word-by-email = die E-Mail-Adresse
audit-word-by-jit = die erste Anmeldung
audit-word-proved-by-txt-record = TXT-Eintrag
audit-word-proved-by-the-operator-s-word = das Wort des Betreibers
audit-word-reconcile-compare = vergleichen
audit-word-reconcile-apply = vergleichen und beheben
audit-word-letter-welcome = Willkommen
audit-word-letter-reset = Link für ein neues Passwort
audit-word-letter-password-changed = Das Passwort wurde geändert
audit-word-letter-address-changed = Die Adresse wurde geändert
audit-word-letter-second-factor-changed = Der zweite Faktor wurde geändert
audit-word-letter-seats-almost-full = Fast alle Plätze sind belegt
audit-word-letter-seats-full = Alle Plätze sind belegt
audit-word-letter-seats-exceeded = Mehr Personen als Plätze
audit-word-letter-token-expires = Ein Token endet bald
audit-word-letter-endpoint-failing = Ein Webhook-Endpunkt nimmt nichts an
audit-word-letter-endpoint-disabled = Ein Webhook-Endpunkt wurde abgeschaltet
audit-word-letter-connector-stopped = Der Connector ist stehen geblieben
audit-word-letter-connector-resumed = Der Connector geht weiter
audit-word-letter-review-due = Eine Zugriffsprüfung ist fällig
audit-proof = Nachweis und Aufbewahrung
audit-whole-title = Ist das Log vollständig?
audit-whole-hint = Jeder Eintrag ist zusammen mit dem vorigen versiegelt. Die Prüfung geht alle durch und findet jeden, der geändert, hinzugefügt oder entfernt wurde.
audit-verify = Jetzt prüfen
audit-verify-again = Noch einmal prüfen
audit-so-far = { $count ->
    [one] { $count } Eintrag ist bisher geprüft und unversehrt.
   *[other] { $count } Einträge sind bisher geprüft und unversehrt.
}
audit-to-go = { $count ->
    [one] Das Log ist lang und wird deshalb in Portionen geprüft: { $count } Eintrag fehlt noch.
   *[other] Das Log ist lang und wird deshalb in Portionen geprüft: { $count } Einträge fehlen noch.
}
audit-go-on = Weitermachen
audit-is-whole = { $count ->
    [one] Das Log ist vollständig: { $count } Eintrag, wie er geschrieben wurde.
   *[other] Das Log ist vollständig: { $count } Einträge, jeder wie er geschrieben wurde.
}
audit-since = Der erste ist vom { $at }.
audit-pruned = Einträge bis Nummer { $number } sind weg, weil ihre Zeit um war; ein versiegelter Eintrag sagt es.
audit-head = Das letzte Siegel. Notiere es anderswo und erkenne das Log daran wieder:
audit-is-broken = Das Log ist nicht vollständig: { $detail }. Bewahre eine Kopie der Datenbank auf und finde heraus, wer Zugriff auf sie hatte.
audit-keep-title = Wie lange Einträge aufbewahrt werden
audit-keep-hint = Ältere Einträge werden stündlich entfernt; was bleibt, kann weiter geprüft werden.
audit-keep = Einträge aufbewahren
audit-keep-all = für immer
audit-keep-some = eine Anzahl von Tagen
audit-days = Tage
audit-bad-days = So viele Tage kann das Log nicht aufbewahrt werden (1 bis 36.500).
audit-look-title = { $count ->
    [one] Einträge { $count } Tag lang aufbewahren
   *[other] Einträge { $count } Tage lang aufbewahren
}
audit-look-rows = { $count ->
    [one] { $count } Eintrag ist älter und wird innerhalb einer Stunde gelöscht.
   *[other] { $count } Einträge sind älter und werden innerhalb einer Stunde gelöscht.
}
audit-look-days = Sie reichen vom { $first } bis zum { $last }.
audit-look-hint = Niemand kann sie zurückholen. Wenn du sie länger brauchst, exportiere sie zuerst:
audit-look-do = { $count ->
    [one] Speichern und { $count } Eintrag löschen
   *[other] Speichern und { $count } Einträge löschen
}
audit-done-kept = Gespeichert: So lange werden Einträge ab jetzt aufbewahrt.

### Zugriffsprüfung

reviews-title = Zugriffsprüfung
reviews-intro = Einmal im Quartal sieht jemand nach, wer warum Zugriff hat, entscheidet über jeden und bewahrt das Ergebnis als Nachweis auf.
reviews-none = Es gab noch keine Prüfung.
reviews-name = Name
reviews-name-hint = Wie man sie nennt: Herbst 2026.
reviews-as-of = Stand vom
reviews-as-of-hint = Leer: wie es jetzt steht.
reviews-due = Fertig bis
reviews-due-hint = Leer: ohne Frist.
reviews-progress = Fortschritt
reviews-open = offen
reviews-closed = abgeschlossen
reviews-by = begonnen von { $name }
reviews-decided-of = { $decided } von { $people } entschieden
reviews-counts = Behalten ihren Zugriff: { $kept }. Verlieren ihn: { $removed }, davon schon geschehen: { $applied }.
reviews-start-title = Eine Prüfung beginnen
reviews-start-hint = Sie zeigt alle, die Zugriff haben, und warum. Niemand verliert etwas, bevor du es am Ende sagst.
reviews-start = Prüfung beginnen
reviews-future = Dieser Tag liegt in der Zukunft.
reviews-too-early = So weit reicht das Audit-Log nicht zurück.
reviews-shows = Sie zeigt den Zugriff vom { $at }.
reviews-until = Fertig bis { $at }.
reviews-people = Personen
reviews-which = Welche Personen
reviews-which-undecided = Unentschieden
reviews-which-all = Alle
reviews-which-admins = Admins
reviews-which-dormant = Seit 90 Tagen nicht da
reviews-which-unexplained = Keine Gruppe erklärt es
reviews-which-deactivate = Verlieren den Zugriff
reviews-which-keep = Behalten ihn
reviews-found = { $count ->
    [one] { $count } Person
   *[other] { $count } Personen
}
reviews-all-decided = Alles ist entschieden. Sieh nach, was geschehen wird.
reviews-nobody = Hier ist niemand.
reviews-last-login = zuletzt angemeldet { $ago }
reviews-flag-protected = geschütztes Konto
reviews-flag-admin = Admin
reviews-flag-never = nie angemeldet
reviews-flag-dormant = seit 90 Tagen nicht da
reviews-flag-unexplained = keine Gruppe erklärt es
reviews-suggest-keep = Vorschlag: behalten
reviews-suggest-remove = Vorschlag: entziehen
reviews-suggest-look = Genau hinsehen: Du weißt es am besten
reviews-decided = Entschieden von { $by }, { $at }
reviews-keep = Behalten
reviews-remove = Deaktivieren
reviews-later = Noch nicht
reviews-note = Notiz
reviews-save = Speichern und weiter
reviews-keep-rest = Speichern, alle anderen behalten
reviews-to-summary = Was geschehen wird
reviews-to-outcome = Was daraus wurde
reviews-summary = Was geschehen wird
reviews-outcome-of = { $name }: was daraus wurde
reviews-summary-of = { $name }: was geschehen wird
reviews-still-undecided = { $count ->
    [one] Über { $count } Person ist noch nichts entschieden.
   *[other] Über { $count } Personen ist noch nichts entschieden.
}
reviews-go-on = Weiter entscheiden
reviews-will-go = { $count ->
    [one] { $count } Person wird deaktiviert: sofort überall abgemeldet, und ihr Platz wird frei.
   *[other] { $count } Personen werden deaktiviert: sofort überall abgemeldet, und ihre Plätze werden frei.
}
reviews-conversations = { $count ->
    [one] { $count } Konversation ist dann niemandem zugewiesen.
   *[other] { $count } Konversationen sind dann niemandem zugewiesen.
}
reviews-keys = { $count ->
    [0] Kein API-Schlüssel handelt für sie.
    [one] { $count } API-Schlüssel, der für sie handelt, wird widerrufen.
   *[other] { $count } API-Schlüssel, die für sie handeln, werden widerrufen.
}
reviews-everybody-else = Alle anderen behalten, was sie haben. Wer deaktiviert ist, kann wieder aktiviert werden.
reviews-nothing-to-do = Es ist nichts mehr zu tun. Schließe die Prüfung ab, um sie als Nachweis aufzubewahren.
reviews-person = Person
reviews-role = Rolle
reviews-outcome = Ergebnis
reviews-outcome-waits = steht aus
reviews-outcome-deactivated = deaktiviert
reviews-outcome-deleted = wurde inzwischen gelöscht
reviews-outcome-refused = Nicht möglich: { $detail }
reviews-refused = { $count ->
    [one] { $count } Entscheidung konnte nicht umgesetzt werden. Der Grund steht bei der Person; entscheide anders, oder behebe ihn und versuche es noch einmal.
   *[other] { $count } Entscheidungen konnten nicht umgesetzt werden. Der Grund steht bei jeder Person; entscheide anders, oder behebe ihn und versuche es noch einmal.
}
reviews-apply = { $count ->
    [one] { $count } Person jetzt deaktivieren
   *[other] { $count } Personen jetzt deaktivieren
}
reviews-portion = { $count ->
    [one] { $count } Entscheidung gilt bisher. Es dauert lange und geschieht deshalb in Portionen; mach unten mit dem Rest weiter.
   *[other] { $count } Entscheidungen gelten bisher. Es dauert lange und geschieht deshalb in Portionen; mach unten mit dem Rest weiter.
}
reviews-apply-on = { $count ->
    [one] Weitermachen: noch { $count } Person
   *[other] Weitermachen: noch { $count } Personen
}
reviews-close = Prüfung abschließen
reviews-export = Als Nachweis exportieren:
reviews-is-closed = Diese Prüfung ist abgeschlossen: Sie bleibt, wie sie ist.
reviews-not-yet = Die Prüfung kann abgeschlossen werden, wenn alles entschieden und umgesetzt ist.
reviews-is-done = Was über eine dieser Personen entschieden wurde, ist schon umgesetzt.
reviews-done-started = Die Prüfung hat begonnen.
reviews-done-decided = Gespeichert.
reviews-done-applied = Erledigt: Was entschieden wurde, gilt.
reviews-done-closed = Die Prüfung ist abgeschlossen.

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
sso-field-issuer = Aussteller (Issuer)
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
sso-hint-issuer-entra = Aus der Übersicht der App-Registrierung. Der ganze Aussteller (Issuer) geht auch.
sso-hint-issuer-google = Bleibt, wie er ist.
sso-hint-issuer-github = Bleibt, wie er ist.
sso-hint-issuer-oidc = Wie es im Discovery-Dokument des Anbieters steht: Ein Schrägstrich am Ende zählt.
sso-hint-secret = Es wird versiegelt und nie wieder gezeigt.
sso-hint-secret-kept = Eines ist hinterlegt. Gib es neu ein, wenn du eine Adresse, den Client oder die Art änderst, wie es gesendet wird: Es geht nie woanders hin, als es eingegeben wurde.
sso-hint-jit = Wer sich anmeldet und noch nicht bekannt ist, bekommt einen Platz. Sonst heißt es, man solle einen Admin fragen.
sso-hint-role = Wer die hier gewählte Rolle bekommt, behält sie: Keine Regel ändert sie danach. Wem Gruppen im Token durch eine Regel eine Rolle geben, hat stattdessen diese.
sso-hint-trust = Zählt nur in nachgewiesenen Domains. Entra ID nennt nie eine Adresse bestätigt.
sso-hint-claims = Gilt für alle, die nichts bereitstellt, und macht nie jemanden zum Admin. Lass beide leer, wo SCIM die Gruppen bringt.
sso-hint-key = In PEM, anstelle eines Geheimnisses; für Entra ID gefolgt von seinem Zertifikat. Wird versiegelt und nie wieder gezeigt.
sso-hint-scopes = Außer openid, profile und email; durch Leerzeichen getrennt.
sso-hint-addresses = Die Adressen findet die Bridge über den Aussteller. Trage sie nur ein, wo die deines Anbieters anders sind.
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
sso-domains-about = Eine nachgewiesene Domain führt ihre Leute anhand der Adresse zu ihrer Verbindung und lässt ein Konto daran erkennen.
sso-domain-new = Neue Domain
sso-domain-add = Domain hinzufügen
sso-domain-nobody = Keine
sso-domain-proved = Bewiesen
sso-domain-unproved = Noch nicht nachgewiesen
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
sso-domain-unproved-means = Bis sie nachgewiesen ist, führt sie niemanden irgendwohin.
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
sso-domain-remove-look = Sehen, wen es betrifft
sso-removal-title = { $domain } entfernen?
sso-removal-people = { $count ->
    [0] Noch meldet sich niemand darüber an.
    [one] { $count } Person wird durch ihre Adresse darin zu ihrem Anbieter geführt und würde es nicht mehr.
   *[other] { $count } Personen werden durch ihre Adresse darin zu ihrem Anbieter geführt und würden es nicht mehr.
}
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
sso-tick-proved = Die Domain ist nachgewiesen
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
sso-copy-issuer = Aussteller (Issuer)
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
webhooks-deliveries-none = Keine Zustellung passt zu diesem Filter.
webhooks-deliveries-never = Noch war ihm nichts zuzustellen.
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

connector-about = Gleicht einen entfernten AIsoule-Workspace mit diesem hier ab: Personen, ihre Rollen und ihre Teams, über seine REST-API.
connector-none = Es gibt keinen Connector: Nichts gleicht AIsoule mit diesem Workspace ab.
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
connector-remove-means = { $url } wird nicht mehr mit diesem Workspace abgeglichen. Was geschehen wird:
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
connector-wanted-apply = Ein Vergleich, der behebt, was er findet, ist unterwegs.
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
connector-unnamed = (ohne Namen, ID { $id })
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
connector-active = aktiv
connector-inactive = inaktiv
connector-report-title = Abweichungsbericht
connector-report-about = Am { $at }: { $users } Personen hier, { $accounts } Konten dort, { $teams } Teams.
connector-report-waiting = { $count ->
    [one] { $count } Person blieb außen vor, weil sie dort ohnehin gleich geändert wird.
   *[other] { $count } Personen blieben außen vor, weil sie dort ohnehin gleich geändert werden.
}
connector-report-same = Beide Seiten sind gleich.
connector-report-fewer = Wer nie aktiv war, seit es den Connector gibt, hat dort kein Konto und braucht keines.
connector-report-found = { $count ->
    [one] { $count } Abweichung.
   *[other] { $count } Abweichungen.
}
connector-mend-title = Abweichungen beheben
connector-mend-about = { $count ->
    [one] { $count } Abweichung lässt sich beheben: Die andere Seite wird so, wie diese ist.
   *[other] { $count } Abweichungen lassen sich beheben: Die andere Seite wird so, wie diese ist.
}
connector-mend-never = Vorher wird noch einmal verglichen. Niemand wird dort gelöscht, und niemand deaktiviert, der hier nicht bekannt ist.
connector-mend-none = Davon lässt sich von hier aus nichts beheben: Entweder braucht es zuerst eine Entscheidung, oder es gibt es nur dort.
connector-mend-sure = Den entfernten Workspace ändern
connector-mend-unsure = Es wurde nichts geändert: Setze das Häkchen, dass du es so meinst.
connector-mend = Beheben

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
setup-first-plan = Plan
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
setup-wrong-unproved = Der Eintrag wurde noch nicht gefunden. Änderungen im DNS können dauern; prüfe später noch einmal.
setup-wrong-secret = Das Client-Geheimnis hat höchstens 10.000 Zeichen.
setup-no-secret = Gib das Client-Geheimnis ein.
setup-not-connected = Speichere zuerst die Verbindung.
setup-password-short = Wähle ein Passwort mit 12 Zeichen oder mehr.
setup-password-long = Wähle ein kürzeres Passwort: höchstens 1.024 Bytes.
setup-password-easy = Dieses Passwort ist zu leicht zu erraten: Es ist verbreitet, ein Muster oder besteht aus deinem Namen oder deiner Adresse.
setup-factor-title = Schütze dein Konto
setup-factor-about = Dein Konto darf in diesem Workspace alles. Ein Code aus einer Authenticator-App auf deinem Telefon hält jeden draußen, der dein Passwort erfährt. Die Einrichtung öffnet sich in einem neuen Tab; komm danach hierher zurück.
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
setup-connect-other = Deinen Anbieter verbinden
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
setup-copy-record = Namen des Eintrags kopieren
setup-copy-challenge = Wert des Eintrags kopieren
setup-guide-scim-entra = Im Microsoft Entra admin center: Enterprise applications → deine App → Provisioning → New configuration. „Tenant URL“ ist die Adresse, „Secret token“ ist das Token. Wähle Test connection, dann Create. Lass unter Attribute mapping externalId aus objectId kommen, damit eine Anmeldung dieselbe Person findet. Weise Leute und Gruppen zu und starte die Bereitstellung.
setup-guide-scim-other = Dein Anbieter fragt nach einer SCIM-2.0-Basis-URL und einem Bearer-Token.
setup-sign-in = Single Sign-on
setup-sign-in-about = Lege bei deinem Anbieter eine OpenID-Connect-Anwendung an, trage dort diese Adressen ein und nenne uns ihren Client.
setup-callback = Redirect-URI
setup-initiate = Adresse für den Beginn der Anmeldung
setup-guide-sso-okta = In Okta: Applications → Create App Integration → OIDC, Web Application, neben der App für die Bereitstellung. „Sign-in redirect URI“ ist die erste Adresse, „Initiate login URI“ die zweite. Weise beiden dieselben Leute zu.
setup-guide-sso-entra = In Entra: App-Registrierungen → Neue Registrierung, ein Mandant; der Umleitungs-URI vom Typ Web ist die erste Adresse. Erstelle danach unter „Zertifikate und Geheimnisse“ einen geheimen Clientschlüssel.
setup-guide-sso-other = Die Anwendung ist eine Webanwendung mit Authorization-Code-Flow; sie hat eine Client-ID und ein Client-Geheimnis.
setup-connection-name = Name der Verbindung
setup-issuer = Aussteller (Issuer)
setup-guide-issuer-okta = Deine Okta-Adresse, etwa https://acme.okta.com.
setup-guide-issuer-entra = https://login.microsoftonline.com/MANDANTEN-ID/v2.0, mit der ID deines Mandanten.
setup-guide-issuer-other = Genau so, wie dein Anbieter ihn schreibt, beginnend mit https://.
setup-client-id = Client-ID
setup-secret = Client-Geheimnis
setup-secret-kept = Eines ist gespeichert. Lass das Feld leer, um es zu behalten; gib es neu ein, wenn sich sonst etwas am Client ändert.
setup-connection-off = Gespeichert. Noch meldet sich niemand darüber an: Ein Admin von { $workspace } schaltet sie unter Single Sign-on ein.
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
setup-domain-problem = Bei der letzten Prüfung: { $problem }
setup-domain-verify = Prüfen
setup-domain-remove = Entfernen
setup-done-connection = Die Verbindung ist gespeichert. Teste sie als Nächstes.
setup-done-domain = Die Domain ist hinzugefügt.
setup-done-removed = Die Domain ist entfernt.
setup-done-proved = Die Domain ist nachgewiesen.
setup-ready = Fertig?
setup-ready-about = Sag der Person, die dir den Link geschickt hat, dass deine Seite von { $workspace } verbunden ist. Solange der Link gilt, kannst du über ihn zurückkommen und ändern, was du eingetragen hast.
setup-arrived-title = Was ankam
setup-arrived-about = Starte jetzt die Bereitstellung bei deinem Anbieter. Diese Seite zeigt von selbst, wenn etwas ankommt.
setup-arrived-request = Erste Anfrage deines Anbieters
setup-arrived-no-token = Es gibt noch kein Token: Erstelle eines im Schritt davor.
setup-arrived-write = Letzte Änderung, die geklappt hat
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
setup-links-about = Mit so einem Link verbindet die IT eines Unternehmens ihren eigenen Identitätsanbieter mit diesem Workspace: eine Verbindung, deren Domains und ein Token. Dafür braucht es kein Konto. Ein Admin schaltet die Verbindung danach ein; das Token liest und schreibt alle, die ein Anbieter sehen darf. Gib den Link also niemandem, dem du das Token nicht gäbest.
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
setup-links-revoke-hint = Wer einen Link hat, den du widerrufst, kommt damit von da an nicht weiter. Was damit verbunden wurde, bleibt, auch ein Token: Nimm es unter Single Sign-on und Bereitstellung zurück.
setup-links-done-revoked = Der Link ist widerrufen. Was über ihn entstanden ist, bleibt.
setup-plan = { $title }: { $count ->
    [one] { $count } Platz
   *[other] { $count } Plätze
}
setup-arrived-users = { $count ->
    [one] { $count } Person
   *[other] { $count } Personen
}

### Was andere Teile der Bridge auf Englisch sagen: siehe texts/said.rs

said-sso-connection = Die Verbindung ist nicht vollständig eingerichtet: { $why }.
said-sso-issuer = Der Aussteller der Verbindung ist nicht brauchbar: { $why }.
said-sso-tenant = Der Aussteller muss einen Mandanten nennen: https://login.microsoftonline.com/TENANT-ID/v2.0, mit der ID des Verzeichnisses anstelle von TENANT-ID und nicht common, organizations oder consumers.
said-sso-unreachable = Der Anbieter ist nicht erreichbar ({ $what }): { $why }.
said-sso-status = Der Anbieter hat mit einem Fehler geantwortet ({ $what }: HTTP { $status }).
said-sso-what-token = sein Token-Endpunkt
said-sso-what-token-answer = die Antwort seines Token-Endpunkts
said-sso-what-discovery = sein Discovery-Dokument
said-sso-what-userinfo = seine Userinfo
said-sso-what-users = seine Benutzerliste
said-sso-what-addresses = seine Adressliste
said-sso-what-keys = seine Schlüssel
said-sso-answer = Die Antwort des Anbieters ist nicht brauchbar: { $what }.

said-problem-not-json = { $what } ist kein JSON
said-problem-not-object = { $what } ist kein JSON-Objekt
said-problem-twice = { $what } nennt etwas zweimal oder ist zu tief verschachtelt
said-problem-elsewhere = { $what } ist anderswo, und die Bridge folgt keinen Weiterleitungen
said-problem-no-issuer = { $what } nennt keinen Aussteller
said-problem-signed = { $what } ist signiert, was die Bridge nicht verlangt hat
said-problem-nobody = { $what } nennt niemanden
said-problem-no-list = { $what } ist keine Liste von Adressen
said-problem-no-id-token = { $what } hat kein ID-Token
said-problem-unusable = { $what } hat unter { $name } etwas Unbrauchbares: { $why }
said-problem-no-text = { $what } hat unter { $name } keinen Text
said-problem-lacks = { $what } hat kein { $name }

said-sso-other-issuer = Der Anbieter nennt einen anderen Aussteller als die Verbindung; beide müssen in jedem Zeichen übereinstimmen.
said-sso-denied = Der Anbieter hat dich nicht hineingelassen ({ $error }).
said-sso-no-code = Der Anbieter hat keinen Code gesendet.
said-sso-callback-issuer = Die Antwort kommt von einem anderen Anbieter als dem, der gefragt wurde.
said-sso-callback-issuer-missing = Die Antwort sagt nicht, von welchem Anbieter sie kommt, obwohl dieser Anbieter das sonst immer tut.
said-sso-client = Der Anbieter nimmt Client-ID oder Geheimnis der Verbindung nicht an.
said-sso-code = Der Anbieter nimmt den Code nicht an ({ $error }). Vielleicht hilft es, sich noch einmal anzumelden.
said-sso-id-token = Das ID-Token des Anbieters wurde abgelehnt: { $why }.
said-sso-logout-token = Das Logout-Token wurde abgelehnt: { $why }.
said-sso-cannot-ask-again = Diesen Anbieter kann man nicht bitten, jemanden sich neu anmelden zu lassen, was hier verlangt war.
said-sso-userinfo-subject = Die Userinfo des Anbieters betrifft eine andere Person als sein ID-Token.

said-token-long = Es ist länger als 64 KiB
said-token-parts = Es hat nicht drei Teile
said-token-header = Es hat einen unlesbaren Kopf
said-token-demands = Es hat einen Kopf mit Forderungen, die die Bridge nicht versteht
said-token-claims = Es hat unlesbare Claims
said-token-base64 = Es ist nicht base64url ohne Auffüllung
said-token-algorithm = Es ist nicht mit einem Verfahren signiert, das die Bridge annimmt und der Anbieter ankündigt
said-token-key-unknown = Es ist mit einem Schlüssel signiert, den der Anbieter nicht veröffentlicht
said-token-key-ambiguous = Es sagt nicht, mit welchem Schlüssel des Anbieters es signiert ist
said-token-signature = Seine Signatur ist falsch
said-token-missing = Ihm fehlt der Claim { $claim }
said-token-form = Sein Claim { $claim } hat nicht die Form, die er haben muss
said-token-issuer = Es kommt von einem anderen Aussteller
said-token-audience = Es ist für einen anderen Client als diese Bridge bestimmt
said-token-expired = Es ist abgelaufen
said-token-early = Es gilt noch nicht; vielleicht gehen die Uhren des Anbieters und der Bridge verschieden
said-token-nonce = Es beantwortet nicht die Anfrage dieser Bridge (nonce)
said-token-access = Es gehört zu einem anderen Access-Token (at_hash)
said-token-stale = Der letzte Nachweis der Person, wer sie ist, liegt länger zurück als verlangt (auth_time)
said-token-subject = Sein Subject ist leer, länger als 255 Bytes oder kein Text
said-token-tenant = Es kommt von einem anderen Mandanten
said-token-kind = Es ist ein Token anderer Art

said-connection-sealed = Ihr Geheimnis lässt sich mit dem Hauptschlüssel der Bridge nicht öffnen
said-connection-key-kind = Der private Schlüssel muss ein RSA- oder P-256-Schlüssel in PEM sein (PKCS#8, `-----BEGIN PRIVATE KEY-----`)
said-connection-key-unreadable = Der private Schlüssel ist nicht lesbar
said-connection-key-sign = Der private Schlüssel kann nicht signieren
said-connection-query = Er hat eine Query oder ein Fragment
said-connection-endpoint = Ihre Adresse { $name } ist nicht brauchbar: { $why }
said-connection-no-client = Die Client-ID ist leer
said-connection-no-address = { $what } ist keine Adresse

said-outbound-setup = Anfragen nach außen können nicht gesendet werden: { $why }
said-outbound-plain = Die Adresse muss mit https:// beginnen
said-outbound-header = Ein Wert hat Zeichen, die nicht gesendet werden können
said-outbound-refused = { $name } ist eine Adresse eines internen Netzes oder führt zu einer, und dorthin sendet die Bridge nichts
said-outbound-unresolved = Der Name { $name } lässt sich nicht auflösen
said-outbound-unreachable = Es kam keine Verbindung zustande
said-outbound-certificate = Das Zertifikat des Servers wurde abgelehnt: { $why }
said-outbound-timeout = Es kam rechtzeitig keine Antwort
said-outbound-large = Die Antwort ist größer als 1 MiB
said-outbound-broken = Die Antwort brach ab oder ist kein HTTP

said-walk-title-connection = Verbindung
said-walk-title-private-key = Privater Schlüssel
said-walk-title-addresses = Adressen
said-walk-title-issuer = Aussteller
said-walk-title-keys = Schlüssel
said-walk-title-credentials = Client-ID und Geheimnis
said-walk-title-signatures = Signaturen
said-walk-title-proof = Nachweis
said-walk-title-logout = Abmeldung
said-walk-title-groups = Gruppen und Rollen
said-walk-title-newcomers = Neue
said-walk-title-settings = Einstellungen
said-walk-addresses = Die Adressen für die Anmeldung sind da und verschlüsselt.
said-walk-discovered = Der Anbieter antwortet unter { $issuer } und nennt denselben Aussteller.
said-walk-other-issuer = Der Anbieter nennt einen anderen Aussteller als die Verbindung. Kopiere den Aussteller Zeichen für Zeichen aus seinem Discovery-Dokument: Auch ein Schrägstrich am Ende zählt.
said-walk-nothing = Unter { $address } ist nichts. Wahrscheinlich ist der Aussteller vertippt.
said-walk-no-keys = Der Anbieter veröffentlicht keinen Schlüssel, mit dem die Bridge seine Tokens prüfen könnte.
said-walk-keys = Der Anbieter veröffentlicht { $keys }, um seine Tokens zu prüfen.
said-walk-keys-and-others = Der Anbieter veröffentlicht { $keys }, um seine Tokens zu prüfen. { $count } weitere taugen dafür nicht, was nichts schadet.
said-walk-known = Der Anbieter kennt die Bridge: Er hat einen erfundenen Code abgelehnt, nicht die Zugangsdaten.
said-walk-client = Der Anbieter nimmt Client-ID oder Geheimnis nicht an. Kopiere beide neu und sieh nach, ob das Geheimnis abgelaufen ist und ob der Anbieter eine andere Art des Nachweises erwartet.
said-walk-callback = Der Anbieter kennt den Callback nicht. Trage dort { $address } ein, Zeichen für Zeichen.
said-walk-unclear = Der Anbieter hat einen erfundenen Code mit „{ $error }“ abgelehnt, was über die Zugangsdaten nichts sagt.
said-walk-unreal = Der Anbieter hat für einen erfundenen Code Tokens gegeben. Ein echter Anbieter kann das nicht sein.
said-walk-signatures = Der Anbieter signiert seine Tokens so, dass die Bridge sie prüfen kann.
said-walk-no-signatures = Der Anbieter kündigt nur Signaturverfahren an, die die Bridge nicht annimmt. Wähle dort für diesen Client RS256 oder ES256.
said-walk-pkce = Der Anbieter nimmt PKCE mit S256 an.
said-walk-no-pkce = Der Anbieter sagt nicht, dass er PKCE mit S256 annimmt. Die Bridge sendet es trotzdem.
said-walk-proof = Die Verbindung weist sich mit { $proof } aus, aber der Anbieter kündigt an: { $all }.
said-walk-logout = Der Anbieter kann der Bridge Abmeldungen mitteilen (Back-Channel Logout).
said-walk-no-logout = Der Anbieter sagt nicht, dass er Abmeldungen mitteilt. Wer sich dort abmeldet, bleibt hier angemeldet, bis die Sitzung endet.
said-walk-no-groups = Die Verbindung übernimmt keine aus Tokens; Rollen kommen aus den Gruppen, die per SCIM bereitgestellt werden.
said-walk-groups = Wer nicht bereitgestellt wird, kommt in die Gruppen des Workspace, die der Claim { $name } nennt, außer in solche, die zum Admin machen.
said-walk-groups-scope = Der Anbieter kündigt keinen Claim { $name } an, aber einen Scope „groups“: Vielleicht muss die Verbindung ihn anfordern.
said-walk-groups-missing = Der Anbieter kündigt keinen Claim { $name } an. Füge ihn dort den Tokens dieses Clients hinzu.
said-walk-groups-many = Microsoft lässt bei allen, die in mehr als 200 Gruppen sind, die Gruppen im Token weg; stelle die Gruppen dann per SCIM bereit.
said-walk-newcomers = Die Verbindung soll Leute bei ihrer ersten Anmeldung hinzufügen, bedient aber keine Domain. Bei diesem Anbieter kann jeder Mensch ein Konto haben, deshalb wird niemand hinzugefügt, bis sie eine bedient.

said-keys-one = 1 Schlüssel
said-keys = { $count } Schlüssel

said-dns-no-name = Den Namen { $name } gibt es im DNS noch nicht. Es kann eine Weile dauern, bis ein neuer Eintrag überall zu sehen ist.
said-dns-no-record = Der Name { $name } hat noch keinen TXT-Eintrag. Es kann eine Weile dauern, bis ein neuer Eintrag überall zu sehen ist.
said-dns-not-a-name = { $name } kann kein Name im DNS sein.
said-dns-failed = Das DNS hat nicht geantwortet: { $why }. Die Bridge sieht wieder nach.
said-dns-other = { $name } sagt nicht „{ $value }“

said-detail-printable = hat 1 bis 100 druckbare Zeichen
said-detail-up-to-1000 = hat bis zu 1.000 Zeichen
said-detail-secret-length = hat 1 bis 10.000 Zeichen
said-detail-key-length = hat 1 bis 1.000 druckbare Zeichen ohne Leerzeichen
said-detail-client-length = hat 1 bis 500 Zeichen
said-detail-claim-length = hat 1 bis 200 Zeichen
said-detail-key-id-length = hat 1 bis 200 druckbare Zeichen
said-detail-too-long = ist länger als { $count } Bytes
said-detail-entered = muss eingegeben werden
said-detail-is-missing = fehlt
said-detail-entered-anew = muss neu eingegeben werden, wenn sich eine Adresse, der Client oder die Art des Sendens ändert
said-detail-given-anew = muss neu angegeben werden, wenn sich die Adresse oder das Profil ändert
said-detail-no-user = in diesem Workspace gibt es diesen Benutzer nicht
said-detail-no-role = in diesem Workspace gibt es diese Rolle nicht
said-detail-no-role-named = es gibt keine Rolle „{ $name }“; es gibt { $all }
said-detail-no-team = in diesem Workspace gibt es dieses Team nicht
said-detail-no-group = in diesem Workspace gibt es keine Gruppe { $id }
said-detail-no-connection = in diesem Workspace gibt es diese Verbindung nicht
said-detail-no-domain = dieser Workspace hat diese Domain nicht; füge sie zuerst hinzu
said-detail-no-member = in diesem Workspace gibt es weder einen Benutzer noch eine Gruppe mit der ID { $id }
said-detail-no-plan = es gibt keinen Plan „{ $name }“; es gibt { $all }
said-detail-own-member = eine Gruppe kann nicht Mitglied ihrer selbst sein
said-detail-protected-group = ein geschütztes Konto ist in keiner Gruppe; seine Rolle wird immer von Hand gesetzt
said-detail-default-role = eine Rolle ist immer die Standardrolle; mach stattdessen eine andere dazu
said-detail-default-admin = alle wären Admin, von denen nichts anderes gesagt ist; wähle eine andere Rolle
said-detail-proved-first = muss zuerst nachgewiesen werden
said-detail-domain-form = ist eine Domain wie acme.org
said-detail-everybody = bei diesem Anbieter kann jeder Mensch ein Konto haben: gib der Verbindung zuerst eine Domain, deren Leute sie hinzufügt
said-detail-no-query = hat weder Query noch Fragment
said-detail-google-issuer = ist für Google https://accounts.google.com
said-detail-entra-issuer = ist für Entra ID https://login.microsoftonline.com/TENANT-ID/v2.0
said-detail-one-tenant = nennt einen Mandanten mit seiner ID; { $tenant } ließe die Leute aller Firmen herein
said-detail-scopes = sind bis zu 20 Wörter aus druckbaren Zeichen
said-detail-github-secret = GitHub kennt nur Client-Geheimnisse
said-detail-no-address = ist keine Adresse
said-detail-no-address-https = ist keine Adresse: https://…
said-detail-no-credentials = enthält weder Benutzernamen noch Passwort
said-detail-begins-https = beginnt mit https://
said-detail-no-scheme = ist keine Adresse mit Schema und Host
said-detail-no-userinfo = darf weder Benutzernamen noch Passwort enthalten
said-detail-bare-address = darf weder Query noch Fragment noch einen Schrägstrich am Ende haben
said-detail-no-host = hat keinen Host
said-detail-port = die Adresse hat den Port eines anderen Dienstes
said-detail-no-event = es gibt kein Ereignis { $name }: die Namen stehen in docs/webhooks.md, und user.* meint alle, die so beginnen
said-detail-many-events = hat höchstens 100 Namen und Muster
said-detail-many-endpoints = dieser Workspace hat { $count } Endpunkte, mehr geht nicht
said-detail-range = muss { $least } bis { $most } sein
said-detail-number = muss eine Zahl von { $least } bis { $most } sein
said-detail-endpoint-off = der Endpunkt ist abgeschaltet: schalte ihn zuerst ein
said-detail-event-gone = das Ereignis selbst ist nicht mehr gespeichert oder war ein Test
said-detail-crowded = 10.000 Zustellungen warten auf diesen Endpunkt, mehr geht nicht: lass sie zuerst ankommen
said-detail-given-up = nur was aufgegeben wurde, kann verworfen werden
said-detail-from-to = muss nach „von“ liegen
said-detail-many-between = dazwischen liegen mehr als 50.000 Ereignisse aller Art; nimm einen kürzeren Zeitraum
said-detail-many-waiting = mit den Ereignissen dazwischen würden mehr als 10.000 Zustellungen warten; nimm einen kürzeren Zeitraum
said-detail-one-address = mindestens eine Adresse ist nötig
said-detail-many-addresses = hat höchstens { $count } Adressen
said-detail-past = liegt in der Vergangenheit
said-detail-future = liegt in der Zukunft
said-detail-too-early = liegt vor dem ältesten Eintrag, den das Audit-Log noch hat
said-detail-key-active = nur wer aktiv ist, kann einen Schlüssel haben
said-detail-active-sign-in = nur wer aktiv ist, kann sich anmelden
said-detail-closed = ist abgeschlossen
said-detail-decided = was über { $name } entschieden wurde, ist getan
said-detail-factor-there = es gibt schon einen; entferne ihn zuerst
said-detail-several-groups = mehrere Gruppen heißen „{ $name }“; gib eine ID an: { $all }
said-detail-rule-empty = eine Regel gibt eine Rolle, Teams oder beides
said-detail-remote-account = sie haben dort schon ein Konto
said-detail-link-in-use = ist in Gebrauch oder wurde widerrufen; ein Admin legt unter Bereitstellung ein neues an
said-detail-admin-changed = wurde von einem Admin geändert und kann nur noch von Admins geändert werden
said-detail-domain-leads = führt zu einer eingeschalteten Verbindung; ein Admin des Workspace entfernt sie unter Single Sign-on
said-detail-days = sind 1 bis { $most }
said-detail-rule-gives-team = eine Regel gibt dieses Team einer Gruppe, in der die Person ist

said-refusal-last-admin = Der letzte aktive Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen; mach zuerst jemand anderen zum Admin
said-refusal-last-protected = Der letzte geschützte Admin eines Workspace kann nicht deaktiviert oder gelöscht werden und keine andere Rolle bekommen; lege zuerst einen weiteren an
said-refusal-name-kept = der Identitätsanbieter hält den Namen dieser Person
said-refusal-address-kept = der Identitätsanbieter hält die Adresse dieser Person
said-refusal-powers = das betrifft Berechtigungen, die du selbst nicht hast: { $all }
said-refusal-not-told = das Ereignis { $event } erzählt, wofür man die Berechtigung { $permission } braucht, und die hast du selbst nicht; lass es weg, oder lass dir die Berechtigung geben
said-refusal-seats-plan = kein Platz ist frei: der Plan { $plan } hat { $seats }, { $used } belegt
said-refusal-seats-own = kein Platz ist frei: dieser Workspace (Plan { $plan }, eine eigene Zahl) hat { $seats }, { $used } belegt
said-refusal-seats-barred = kein Platz ist frei: { $plan } hat { $limit }
said-seats-one = 1 Platz
said-seats = { $count } Plätze
said-refusal-user-kept = der Identitätsanbieter führt diese Person und würde sie neu anlegen; deaktiviere sie, oder nimm sie dort heraus
said-refusal-inactive-kept = beim Identitätsanbieter ist die Person inaktiv
said-barred-connection = die Verbindung wurde abgeschaltet oder geändert
said-barred-inactive = die Person ist deaktiviert
said-barred-waiting = die Person wartet auf einen Platz
said-barred-not-assigned = die Person gibt es hier nicht, und die Verbindung legt niemanden an
said-barred-foreign-domain = aus dieser Domain legt die Verbindung niemanden an
said-barred-no-email = der Anbieter gibt keine E-Mail-Adresse an
said-barred-email-unproved = der Anbieter verbürgt sich nicht für die E-Mail-Adresse, oder darf es nicht
said-barred-email-taken = die E-Mail-Adresse gehört jemandem, den der Anbieter anders nennt
said-barred-other-connection = die Domain der Person muss sich über eine andere Verbindung anmelden
said-barred-must-use-sso = die Person muss sich über eine Verbindung anmelden
said-failed-not-active = die Person ist nicht aktiv
said-failed-password = das Passwort war falsch
said-failed-present-password = das bisherige Passwort war falsch
said-failed-code = der Code war falsch
said-failed-code-used = der Code wurde schon einmal benutzt
said-failed-elsewhere = angemeldet war jemand aus einem anderen Workspace
said-failed-token-reads = Dieses Token darf nur lesen (Umfang scim:read); ein Token mit dem Umfang scim kann schreiben.
said-failed-key = Dieser Schlüssel hat die Berechtigung { $permission } nicht.
said-mail-given-up = nach { $hours } Stunden aufgegeben: { $why }
said-delivery-nothing-for = er hat seit { $days } Tagen nichts angenommen: { $why }
said-claims-many = zu viele für das Token; es zählen die Gruppen, die die Bereitstellung schickt

said-delivery-answered = Er hat mit { $status } geantwortet
said-delivery-moved = Er hat mit { $status } geantwortet, und Weiterleitungen wird nicht gefolgt
said-delivery-sealed = Seine Adresse oder sein Geheimnis lässt sich mit dem Hauptschlüssel der Bridge nicht öffnen
said-delivery-by-hand = von Hand abgeschaltet
said-delivery-no-reason = Er hat nicht gesagt, warum
said-delivery-nobody-knows = Niemand weiß, warum

said-connector-said = Er hat geantwortet: { $words }
said-connector-missing = Es gibt ihn nicht mehr
said-connector-refused = Er lehnt den Schlüssel ab ({ $status }): { $words }
said-connector-peace = Er wird zu oft gefragt und will { $seconds } Sekunden Ruhe
said-connector-unreachable = Er ist nicht erreichbar: { $why }
said-connector-unclear = Er hat keine klare Antwort gegeben: { $why }
said-connector-other-bridge = Vielleicht hat inzwischen eine andere Bridge den Connector
said-connector-no-path = Dort gibt es { $path } nicht; stimmt die Adresse?
said-connector-form = Seine Antwort hat nicht die erwartete Form
said-connector-not-api = Status { $status }, was nicht die Antwort der API selbst ist
said-connector-stopped = Der entfernte Workspace: { $why }. Gib mit `connector key` einen anderen an, oder berichtige dort seine Berechtigungen und dann `connector resume`
said-connector-wont = Der entfernte Workspace nimmt es nicht an: { $words }
said-connector-wont-change = Der entfernte Workspace ändert sie nicht: { $words }
said-connector-says = Der entfernte Workspace sagt zu { $whom }: { $words }
said-connector-no-profile = Die Einstellungen haben kein Profil connectors.{ $name }
said-connector-no-role = Sie haben hier keine Rolle
said-connector-no-address = { $name } hat keine E-Mail-Adresse, ohne die sich niemand anmelden kann; { $how }
said-connector-give-address = gib ihnen eine beim Anbieter oder von Hand
said-connector-lost-address = Sie haben keine E-Mail-Adresse mehr, ohne die sich niemand anmelden kann
said-connector-was-deleted = Das entfernte Konto mit der Adresse { $address } gehörte jemandem, der hier gelöscht wurde
said-connector-was-there = Ein entferntes Konto mit der Adresse { $address } war schon vorher da
said-connector-elsewhere = Das entfernte Konto mit der Adresse { $address } gehört hier jemand anderem; ändere dort seine Adresse
said-connector-to-have-another = Das entfernte Konto mit ihrer Adresse gehört hier jemand anderem, der eine andere bekommt
said-connector-on-its-way = Vielleicht ist noch ein Konto mit ihrer früheren Adresse unterwegs
said-connector-on-its-way-off = Vielleicht ist noch ein Konto unterwegs, das deaktiviert werden muss
said-connector-team-named = Ein anderes entferntes Team heißt { $name }; gib ihm dort einen anderen Namen, dann `connector resume`
said-connector-address-taken = Jemand anderes dort hat noch die Adresse { $address } und bekommt eine andere
said-connector-not-stay = Es bleibt nicht, wie es angelegt wurde
