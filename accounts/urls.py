from django.urls import path

from accounts.views import home, landlords, people, roles, sign_in, sign_ins, suspension, teams

urlpatterns = [
    path("", home.home, name="home"),
    path("profile/", home.profile, name="profile"),
    path("sign-in/", sign_in.choose, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("oidc/<slug:slug>/start/", sign_in.start, name="sign-in-start"),
    path("oidc/<slug:slug>/initiate/", sign_in.initiate, name="sign-in-initiate"),
    path("oauth2/<slug:slug>/authresp", sign_in.finish, name="sign-in-finish"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/suspend/", suspension.suspend, name="person-suspend"),
    path("people/<int:pk>/resume/", suspension.resume, name="person-resume"),
    path("roles/", roles.roles, name="roles"),
    path("roles/add/", roles.add, name="role-add"),
    path("roles/<int:pk>/", roles.role, name="role"),
    path("roles/<int:pk>/delete/", roles.delete, name="role-delete"),
    path("teams/", teams.teams, name="teams"),
    path("teams/add/", teams.add, name="team-add"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/delete/", teams.delete, name="team-delete"),
    path("landlords/", landlords.landlords, name="landlords"),
    path("landlords/add/", landlords.add, name="landlord-add"),
    path("landlords/<int:pk>/", landlords.landlord, name="landlord"),
    path("landlords/<int:pk>/delete/", landlords.delete, name="landlord-delete"),
    path("sign-ins/", sign_ins.sign_ins, name="sign-ins"),
]
