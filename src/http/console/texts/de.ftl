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
